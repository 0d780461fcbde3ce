"""The tables of contact rules."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Limit(Named):
    """At most `most` marketing touches in a sliding window, in one channel or (channel empty) in total."""

    class Overflow(models.TextChoices):
        HOLD = "hold", _("hold until there is room")
        DROP = "drop", _("drop")

    slug = models.SlugField(_("short name"), max_length=50, unique=True)  # the reason is cap_<slug>
    channel = models.CharField(_("channel"), max_length=20, blank=True, default="")
    most = models.PositiveSmallIntegerField(_("at most"))
    window = models.DurationField(_("in"))
    overflow = models.CharField(_("what is over"), max_length=4, choices=Overflow.choices, default=Overflow.HOLD)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["slug"]


class QuietHours(models.Model):
    """Hours of a person's local day in which marketing is silent; `starts` after `ends` goes over midnight."""

    channel = models.CharField(
        _("channel"), max_length=20, blank=True, default="", unique=True, help_text=_("empty: every channel")
    )
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}-{self.ends:%H:%M}"
