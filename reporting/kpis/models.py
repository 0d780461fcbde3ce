"""The table of daily values."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES


class DailyValue(models.Model):
    """One key figure of one local day, for a phase or a journey. `metric` is named in reporting.kpis.rules."""

    on = models.DateField(_("day"))
    metric = models.CharField(_("key figure"), max_length=40)
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES, blank=True, default="")
    journey = models.ForeignKey("journeys.Journey", models.CASCADE, null=True, blank=True, verbose_name=_("journey"))
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)

    class Meta:
        verbose_name = _("daily value")
        verbose_name_plural = _("daily values")
        constraints = [
            models.UniqueConstraint(
                fields=["on", "metric", "phase", "journey"], name="dailyvalue_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.metric}"
