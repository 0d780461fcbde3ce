"""The table of verdicts."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.Model):
    """One decision on a touch with one reason and the value of every gate. Append-only: "why" is read from here."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("approved")
        HELD = "held", _("held")
        SUPPRESSED = "suppressed", _("suppressed")
        EXPIRED = "expired", _("expired")

    # no index: verdicts of a touch are found by its contact, and each index costs with every verdict
    touch = models.ForeignKey(
        "journeys.Touch",
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="verdicts",
        verbose_name=_("touch"),
    )
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("contact")
    )
    outcome = models.CharField(_("verdict"), max_length=10, choices=Outcome.choices)
    reason = models.CharField(_("reason"), max_length=60, blank=True, default="")  # empty only when approved
    hold_until = models.DateTimeField(_("held until"), null=True, blank=True)
    gates = models.JSONField(_("gates"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        indexes = [
            models.Index(fields=["contact", "at"], name="verdict_contact_at"),
            BrinIndex(fields=["at"], name="verdict_at_brin", autosummarize=True),  # written in the order of time
        ]

    def __str__(self) -> str:
        return f"{self.touch_id} {self.outcome} {self.reason}".strip()
