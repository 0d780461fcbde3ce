"""The tables of signals and their firings."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Signal(Named):
    """What some events mean. Fires once per cooldown for a person (and key), with the evidence stored."""

    class Kind(models.TextChoices):
        BEHAVIOUR = "behaviour", _("behaviour")
        LIFECYCLE = "lifecycle", _("lifecycle")
        CONTEXT = "context", _("context")

    class Strength(models.TextChoices):
        WEAK = "weak", _("weak")
        MEDIUM = "medium", _("medium")
        STRONG = "strong", _("strong")

    class Decay(models.TextChoices):
        NONE = "none", _("none")  # full strength until it no longer holds
        LINEAR = "linear", _("linear")  # nothing is left at the end of holds_for
        HALF_LIFE = "half_life", _("half-life")  # half is left at the middle of holds_for

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    strength = models.CharField(_("strength"), max_length=6, choices=Strength.choices, default=Strength.MEDIUM)
    condition = models.JSONField(_("condition"))
    # With a key the signal fires per value of this property of `key_event` ("one firing per cart").
    key_event = models.CharField(_("key: event"), max_length=100, blank=True, default="")
    key_property = models.CharField(_("key: property"), max_length=100, blank=True, default="")
    cooldown = models.DurationField(_("cooldown"))
    holds_for = models.DurationField(_("holds for"))
    decay = models.CharField(_("decay"), max_length=9, choices=Decay.choices, default=Decay.NONE)
    goal = models.CharField(_("linked goal"), max_length=100, blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    refreshed_at = models.DateTimeField(_("looked at by time"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        ordering = ["slug"]


class SignalFiring(models.Model):
    """A signal held for a person, with the evidence; `taken_at` says when journeys have looked at it."""

    signal = models.ForeignKey(Signal, models.CASCADE, verbose_name=_("signal"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    key = models.CharField(_("key"), max_length=200, blank=True, default="")
    fired_at = models.DateTimeField(_("fired"))
    evidence = models.JSONField(_("evidence"), default=dict)
    taken_at = models.DateTimeField(_("looked at by journeys"), null=True)

    class Meta:
        verbose_name = _("signal firing")
        verbose_name_plural = _("signal firings")
        indexes = [
            models.Index(fields=["contact", "signal", "key", "fired_at"], name="firing_contact"),
            models.Index(fields=["signal", "contact"], name="firing_open", condition=Q(taken_at=None)),
            BrinIndex(fields=["fired_at"], name="firing_at", autosummarize=True),  # rows come in the order of time
        ]

    def __str__(self) -> str:
        return f"{self.signal_id} {self.contact_id} {self.fired_at:%Y-%m-%d %H:%M}"
