"""The table of signs of life."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a part of the running product ("worker", "beat") was last seen alive."""

    part = models.CharField(_("part"), max_length=20, primary_key=True)
    at = models.DateTimeField(_("at"))
    seconds = models.FloatField(
        _("took seconds"), null=True, blank=True
    )  # of the last run of a part that runs and ends

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.part
