"""The tables of offers, their codes, and who was granted which."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Offer(Named):
    """Something a person may be offered, by rules of its own whichever journey offers it."""

    class Kind(models.TextChoices):
        DISCOUNT = "discount", _("discount")
        VOUCHER = "voucher", _("voucher")
        FREE_SHIPPING = "free_shipping", _("free shipping")
        GIFT = "gift", _("gift")
        UPGRADE = "upgrade", _("upgrade")
        TRIAL = "trial", _("trial")
        CONSULTATION = "consultation", _("consultation")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        ENDED = "ended", _("ended")

    class Codes(models.TextChoices):
        NONE = "none", _("no code")
        SHARED = "shared", _("one code for everybody")
        SINGLE = "single", _("a code for each person")

    slug = models.SlugField(_("short name"), max_length=90, unique=True)
    kind = models.CharField(_("kind"), max_length=13, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.DRAFT)
    phases = models.JSONField(_("phases"), default=list, blank=True)  # empty: all
    eligibility = models.JSONField(_("who may get it"), null=True, blank=True)  # a condition; null: everybody
    segments = models.JSONField(_("only for segments"), default=list, blank=True)  # short names; empty: no limit
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(_("days a person has"), default=14)
    value = models.DecimalField(_("value to the person"), max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    most_grants = models.PositiveIntegerField(_("at most so many times"), null=True, blank=True)
    budget = models.DecimalField(_("budget"), max_digits=14, decimal_places=2, null=True, blank=True)
    codes = models.CharField(_("codes"), max_length=6, choices=Codes.choices, default=Codes.NONE)
    shared_code = models.CharField(_("code for everybody"), max_length=60, blank=True, default="")
    rest_days = models.PositiveSmallIntegerField(_("days of rest after a decline"), default=30)
    # the event that says that somebody took it, with the code in its property `code`
    accepted_by = models.CharField(_("accepted by event"), max_length=100, blank=True, default="offer_accepted")
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["slug"]


class OfferGrant(models.Model):
    """One offer to one person. At most one is open for a person, whichever journey made it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="grants", verbose_name=_("offer"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    enrollment = models.ForeignKey(
        "journeys.Enrollment",
        models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        verbose_name=_("enrollment"),
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    code = models.CharField(_("code"), max_length=60, blank=True, default="")
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=2, default=0)
    granted_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("expires"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    rest_until = models.DateTimeField(_("rest until"), null=True, blank=True)  # after a decline

    class Meta:
        verbose_name = _("granted offer")
        verbose_name_plural = _("granted offers")
        constraints = [models.UniqueConstraint(fields=["contact"], name="grant_one_open", condition=Q(state="open"))]
        indexes = [models.Index(fields=["expires_at"], name="grant_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.offer_id} {self.state}"


class OfferCode(models.Model):
    """A code that one person gets; the grant is empty while it is free."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="single_codes", verbose_name=_("offer"))
    code = models.CharField(_("code"), max_length=60)
    # it goes with the grant when a person is erased: a code that somebody has in a mail is never given to another
    grant = models.OneToOneField(
        OfferGrant, models.CASCADE, null=True, blank=True, related_name="single_code", verbose_name=_("granted offer")
    )

    class Meta:
        verbose_name = _("code of an offer")
        verbose_name_plural = _("codes of offers")
        constraints = [models.UniqueConstraint(fields=["offer", "code"], name="offercode_once")]
        indexes = [models.Index(fields=["offer", "id"], name="offercode_free", condition=Q(grant=None))]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.code}"


class OfferDecision(models.Model):
    """What an offer step decided for one run that stood there: an offer, or why not. Written before the run moves on."""

    offer = models.ForeignKey(Offer, models.CASCADE, db_index=False, related_name="decisions", verbose_name=_("offer"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    enrollment = models.ForeignKey(
        "journeys.Enrollment", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("enrollment")
    )
    visit = models.PositiveIntegerField(_("visit"))  # the enrollment's seq while it stood there
    reason = models.CharField(_("reason"), max_length=20, blank=True, default="")  # of rules.DECISIONS; empty: offered
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("decision about an offer")
        verbose_name_plural = _("decisions about offers")
        constraints = [models.UniqueConstraint(fields=["enrollment", "visit"], name="offerdecision_once")]
        indexes = [models.Index(fields=["offer", "at"], name="offerdecision_offer_at")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}.{self.visit} {self.reason}".strip()
