"""The tables of links in sent messages, of calls of providers that did not end well, and of receivers of webhooks that do not answer."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Link(models.Model):
    """One link of one message: a signed address names touch and position, the target is read from here only."""

    touch = models.ForeignKey("journeys.Touch", models.CASCADE, db_constraint=False, verbose_name=_("touch"))
    position = models.PositiveSmallIntegerField(_("position"))
    url = models.TextField(_("target"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [models.UniqueConstraint(fields=["touch", "position"], name="link_position")]

    def __str__(self) -> str:
        return f"{self.touch_id}.{self.position}"


class Attempt(models.Model):
    """A call of a provider for one touch that did not end as sent, with the provider's words; or what a person did about it."""

    class Outcome(models.TextChoices):
        REJECTED = "rejected", _("refused for good")
        UNAVAILABLE = "unavailable", _("not now")
        UNKNOWN = "unknown", _("answer lost")
        ARRIVED = "arrived", _("arrived after all")
        REPLAYED = "replayed", _("sent again")

    touch = models.ForeignKey("journeys.Touch", models.CASCADE, db_constraint=False, verbose_name=_("touch"))
    at = models.DateTimeField(_("at"))
    channel = models.CharField(_("channel"), max_length=20)
    provider = models.CharField(_("provider"), max_length=50, blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=11, choices=Outcome.choices)
    code = models.CharField(_("code"), max_length=20, blank=True, default="")
    words = models.CharField(_("words"), max_length=200, blank=True, default="")  # without what names a person
    by = models.CharField(_("by"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [BrinIndex(fields=["at"], name="attempt_at_brin", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.touch_id} {self.outcome} {self.code}".strip()


class Receiver(models.Model):
    """The receiver of a webhook step that does not answer (it is tried with one call at a time) or said 410 (it is called no more).

    There is a row only where something was wrong. Taking it out has the receiver called again.
    """

    step = models.OneToOneField(
        "journeys.Step", models.CASCADE, primary_key=True, db_constraint=False, verbose_name=_("step")
    )
    away_since = models.DateTimeField(_("away since"), null=True, blank=True)
    tried_at = models.DateTimeField(_("last tried"), null=True, blank=True)  # while it is away
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)

    class Meta:
        verbose_name = _("receiver of webhooks")
        verbose_name_plural = _("receivers of webhooks")

    def __str__(self) -> str:
        return f"{self.step_id} {'gone' if self.gone_at else 'away' if self.away_since else 'well'}"
