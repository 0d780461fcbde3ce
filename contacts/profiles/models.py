"""The table of people."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """A person. Typed columns for what every rule needs, `attributes` for the team's own."""

    external_id = models.CharField(_("external id"), max_length=200, unique=True, null=True, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True, default="", help_text=_("kept in lower case"))
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    first_name = models.CharField(_("first name"), max_length=200, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=200, blank=True, default="")
    language = models.CharField(
        _("language"), max_length=2, choices=[("en", "English"), ("de", "Deutsch")], default="de"
    )
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    # never empty: filled from the country or the team's zone when nobody says it, so that local time is always known
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin")
    job_title = models.CharField(_("job title"), max_length=200, blank=True, default="")
    account = models.ForeignKey("contacts.Account", models.SET_NULL, null=True, blank=True, verbose_name=_("account"))
    stage = models.ForeignKey("contacts.Stage", models.PROTECT, null=True, blank=True, verbose_name=_("stage"))
    stage_since = models.DateTimeField(_("in this stage since"), null=True, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    # key -> ISO instant of its last change
    attributes_at = models.JSONField(_("attributes since"), default=dict, db_default={}, blank=True)
    # GDPR Art. 18: the data stays and is used for nothing until this is lifted
    restricted_at = models.DateTimeField(_("restricted since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["email"], name="contact_email", condition=~Q(email="")),
            models.Index(fields=["phone"], name="contact_phone", condition=~Q(phone="")),
            models.Index(fields=["time_zone"], name="contact_time_zone"),
            models.Index(fields=["id"], name="contact_restricted", condition=Q(restricted_at__isnull=False)),  # few
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What to call the person on a screen: the name, else the address, else the id."""
        full = f"{self.first_name} {self.last_name}".strip()
        return full or self.email or self.external_id or f"#{self.pk}"
