"""The table of links in sent messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Link(models.Model):
    """One link of one message: a signed address names touch and position, the target is read from here only."""

    touch = models.ForeignKey("journeys.Touch", models.CASCADE, db_constraint=False, verbose_name=_("touch"))
    position = models.PositiveSmallIntegerField(_("position"))
    url = models.TextField(_("target"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [models.UniqueConstraint(fields=["touch", "position"], name="link_position")]

    def __str__(self) -> str:
        return f"{self.touch_id}.{self.position}"
