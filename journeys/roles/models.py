"""The table of roles."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES


class ChannelRole(models.Model):
    """The role of a channel in a phase, where the team has chosen one."""

    class Role(models.TextChoices):
        MAIN = "main", _("main channel")
        SUPPORTING = "supporting", _("supporting")
        UNUSED = "unused", _("not used")

    channel = models.CharField(_("channel"), max_length=20)  # a key of rules.LANES
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)

    class Meta:
        verbose_name = _("role of a channel")
        verbose_name_plural = _("roles of channels")
        constraints = [models.UniqueConstraint(fields=["channel", "phase"], name="channelrole_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.phase} {self.role}"
