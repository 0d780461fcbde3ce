"""The tables of purposes, and of the wordings under which people agree to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Purpose(Named):
    """What data or a channel may be used for. Without a grant an opt-in purpose is refused.

    A purpose with a parent is a topic inside it: a message about the topic needs both.
    """

    EMAIL_MARKETING = "email_marketing"
    PROFILING = "profiling"
    THIRD_PARTY = "third_party"
    SERVICE = "service"  # transactional messages: contract, no consent, no caps, no quiet hours; never marketing

    class Kind(models.TextChoices):
        COMMUNICATION = "communication", _("communication")
        PROFILING = "profiling", _("profiling")
        THIRD_PARTY = "third_party", _("third parties")
        CONTRACT = "contract", _("contract")

    class Enforcement(models.TextChoices):
        OPT_IN = "opt_in", _("only with consent")
        OPT_OUT = "opt_out", _("until somebody objects")
        NONE = "none", _("by contract")

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    kind = models.CharField(_("kind"), max_length=13, choices=Kind.choices, default=Kind.COMMUNICATION)
    channel = models.CharField(_("channel"), max_length=20, blank=True, default="")  # empty: every channel
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="topics", verbose_name=_("topic of")
    )
    enforcement = models.CharField(
        _("enforcement"), max_length=10, choices=Enforcement.choices, default=Enforcement.OPT_IN
    )
    legal_basis = models.CharField(_("legal basis"), max_length=200, blank=True, default="")
    # § 7(3) UWG: whoever bought may be written to about own similar goods, if all four conditions hold
    existing_customer = models.BooleanField(_("also for existing customers"), default=False)
    similar_goods = models.CharField(_("own similar goods"), max_length=300, blank=True, default="")
    notice_en = models.TextField(_("notice in each message (English)"), blank=True, default="")
    notice_de = models.TextField(_("notice in each message (German)"), blank=True, default="")
    active = models.BooleanField(_("active"), default=True)  # what is not active is refused

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(existing_customer=False) | (~Q(similar_goods="") & ~Q(notice_en="") & ~Q(notice_de="")),
                name="purpose_existing_customer",
            )
        ]


class Wording(models.Model):
    """The text that people agree to: one version in one language. A trigger refuses update and delete."""

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="wordings", verbose_name=_("purpose"))
    language = models.CharField(_("language"), max_length=2)
    version = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("text"))
    digest = models.CharField(_("digest"), max_length=64)  # SHA-256 of the text, in hex; part of every proof
    created_at = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["purpose", "language", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "language", "version"], name="wording_version")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How records name the wording, e.g. `email_marketing/de/3`."""
        return f"{self.purpose.slug}/{self.language}/{self.version}"
