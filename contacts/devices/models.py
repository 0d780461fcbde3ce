"""The table of devices."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Device(models.Model):
    """One browser of one person that takes push messages (RFC 8030, 8291). gone_at: it does not any more."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    endpoint = models.CharField(_("address of the push service"), max_length=1_000, unique=True)
    p256dh = models.CharField(_("public key"), max_length=100)
    auth = models.CharField(_("secret"), max_length=40)
    label = models.CharField(_("browser"), max_length=100, blank=True, default="")
    created_at = models.DateTimeField(_("added"))
    last_ok_at = models.DateTimeField(_("last reached"), null=True, blank=True)
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [
            models.Index(fields=["contact"], name="device_live", condition=Q(gone_at__isnull=True)),
            models.Index(fields=["contact"], name="device_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.label or '?'} {self.contact_id}"
