"""The tables of consent: the append-only record, the state derived from it, suppressed addresses."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Record(models.Model):
    """What a person said about a purpose, when, where, and how it is proven. A trigger refuses update and delete."""

    class Decision(models.TextChoices):
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    contact = models.ForeignKey("contacts.Contact", models.DO_NOTHING, db_constraint=False, verbose_name=_("contact"))
    purpose = models.ForeignKey("consent.Purpose", models.PROTECT, verbose_name=_("purpose"))
    decision = models.CharField(_("decision"), max_length=9, choices=Decision.choices)
    at = models.DateTimeField(_("at"))
    source = models.CharField(_("source"), max_length=100)
    wording = models.CharField(_("wording version"), max_length=100, blank=True, default="")
    proof = models.JSONField(_("proof"), default=dict)

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        indexes = [models.Index(fields=["contact", "purpose", "at"], name="record_contact_purpose")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.purpose_id} {self.decision}"


class State(models.Model):
    """What holds now, derived from the records: rebuildable, and read by the arbiter."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    purpose = models.ForeignKey("consent.Purpose", models.PROTECT, db_index=False, verbose_name=_("purpose"))
    granted = models.BooleanField(_("granted"))
    since = models.DateTimeField(_("since"))
    record = models.ForeignKey(Record, models.DO_NOTHING, db_constraint=False, db_index=False, verbose_name=_("record"))

    class Meta:
        verbose_name = _("consent state")
        verbose_name_plural = _("consent states")
        constraints = [models.UniqueConstraint(fields=["contact", "purpose"], name="state_contact_purpose")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.purpose_id} {self.granted}"


class Suppression(models.Model):
    """An address that must not be written to in a channel, whoever has it."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("bounced")
        COMPLAINED = "complained", _("complained")
        BLOCKED = "blocked", _("blocked")

    channel = models.CharField(_("channel"), max_length=20, default="email")
    address = models.CharField(_("address"), max_length=320)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="suppression_address")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"
