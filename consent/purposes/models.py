"""The table of purposes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Purpose(Named):
    """What data or a channel may be used for. Without a grant an opt-in purpose is refused."""

    EMAIL_MARKETING = "email_marketing"
    PROFILING = "profiling"
    THIRD_PARTY = "third_party"
    SERVICE = "service"  # transactional messages: contract, no consent, no caps, no quiet hours; never marketing

    class Enforcement(models.TextChoices):
        OPT_IN = "opt_in", _("only with consent")
        NONE = "none", _("by contract")

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    enforcement = models.CharField(
        _("enforcement"), max_length=10, choices=Enforcement.choices, default=Enforcement.OPT_IN
    )
    legal_basis = models.CharField(_("legal basis"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["id"]
