"""The tables of what slows messages down: stops, and buckets of tokens."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Stop(models.Model):
    """Somebody stopped a channel, or all of them (no channel). It stands still until the row is ended; the rows are the journal."""

    channel = models.CharField(_("channel"), max_length=20, blank=True, default="")
    since = models.DateTimeField(_("since"))
    by = models.CharField(_("by"), max_length=150)
    why = models.CharField(_("why"), max_length=300, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("stop of sending")
        verbose_name_plural = _("stops of sending")
        constraints = [models.UniqueConstraint(fields=["channel"], name="stop_one_open", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return self.channel or str(_("everything"))


class Bucket(models.Model):
    """At most so many messages a second for a channel, a provider, or the domain of recipients; shared by all workers."""

    class Kind(models.TextChoices):
        CHANNEL = "channel", _("channel")
        PROVIDER = "provider", _("provider")
        DOMAIN = "domain", _("domain of recipients")

    kind = models.CharField(_("of what"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=253)
    per_second = models.FloatField(
        _("messages a second"), validators=[MinValueValidator(0.001), MaxValueValidator(100_000)]
    )
    most = models.PositiveIntegerField(
        _("at once at most"), validators=[MinValueValidator(1), MaxValueValidator(1_000_000)]
    )  # tokens that a bucket holds
    tokens = models.FloatField(_("tokens"), default=0)
    filled_at = models.DateTimeField(_("filled"))
    queue_until = models.DateTimeField(
        _("promised until"), null=True, blank=True
    )  # when the last who waits has a token

    class Meta:
        verbose_name = _("rate limit")
        verbose_name_plural = _("rate limits")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="bucket_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.per_second:g}/s"
