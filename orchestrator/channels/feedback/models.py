"""The table of webhooks that came, so that each has one effect."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Hook(models.Model):
    """A webhook of a provider that was taken: what it is counted once by, and a digest of what it said."""

    source = models.CharField(_("provider"), max_length=20)
    key = models.CharField(_("key"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("webhook of a provider")
        verbose_name_plural = _("webhooks of providers")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="hook_key")]
        indexes = [models.Index(fields=["at"], name="hook_at")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"
