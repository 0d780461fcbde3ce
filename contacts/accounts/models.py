"""The table of companies."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """A company that several contacts may work for."""

    external_id = models.CharField(_("external id"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, blank=True, default="")
    industry = models.CharField(_("industry"), max_length=100, blank=True, default="")
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    # the company is no customer any more or does not exist: its people leave every journey
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name
