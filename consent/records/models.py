"""The tables of consent: the append-only record, the state derived from it, suppressed addresses."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Record(models.Model):
    """What a person said about a purpose, when, where, and how it is proven. A trigger refuses update and delete."""

    class Decision(models.TextChoices):
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXISTING = "existing_customer", _("existing customer")  # § 7(3) UWG, with its evidence in `proof`

    contact = models.ForeignKey("contacts.Contact", models.DO_NOTHING, db_constraint=False, verbose_name=_("contact"))
    purpose = models.ForeignKey("consent.Purpose", models.PROTECT, verbose_name=_("purpose"))
    decision = models.CharField(_("decision"), max_length=17, choices=Decision.choices)
    at = models.DateTimeField(_("at"))
    source = models.CharField(_("source"), max_length=100)
    wording = models.CharField(_("wording version"), max_length=100, blank=True, default="")
    proof = models.JSONField(_("proof"), default=dict)
    # the chain of a person's records, written by a trigger (consent/migrations/0004_guards.py); two at the same
    # moment may follow the same one, since a withdrawal waits for nobody
    previous = models.BigIntegerField(_("previous record"), null=True, editable=False)
    proof_digest = models.CharField(_("digest of the proof"), max_length=64, editable=False, db_default="")
    digest = models.CharField(_("digest"), max_length=64, editable=False, db_default="")

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent records")
        indexes = [
            models.Index(fields=["contact", "purpose", "at"], name="record_contact_purpose"),
            models.Index(fields=["contact", "id"], name="record_contact_id"),  # the end of a person's chain
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.purpose_id} {self.decision}"


class Seal(models.Model):
    """What the records of a range of ids were at a moment: whoever removes or adds one behind our back breaks it.

    A range that lost records by law (retention, erasure) is sealed anew by a further row, which says why and how many;
    the newest row of a range counts. A trigger refuses update and delete.
    """

    after = models.BigIntegerField(_("after record"), default=0)
    up_to = models.BigIntegerField(_("up to record"))
    records = models.BigIntegerField(_("records"))
    content = models.CharField(_("content"), max_length=64, default="")  # over the digests in order of id
    removed = models.BigIntegerField(_("removed by law"), default=0)  # since the seal of this range before
    why = models.CharField(_("why it was sealed anew"), max_length=200, blank=True, default="")
    digest = models.CharField(_("digest"), max_length=64)  # over this row and the digest of the row before
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("seal of the records")
        verbose_name_plural = _("seals of the records")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.up_to} {self.digest[:12]}"


class State(models.Model):
    """What holds now, derived from the records: rebuildable, and read by the arbiter."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("consent")
        EXISTING = "existing_customer", _("existing customer")

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    purpose = models.ForeignKey("consent.Purpose", models.PROTECT, db_index=False, verbose_name=_("purpose"))
    granted = models.BooleanField(_("granted"))
    basis = models.CharField(_("basis"), max_length=17, choices=Basis.choices, db_default="consent", default="consent")
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
        OBJECTED = "objected", _("objected")

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
