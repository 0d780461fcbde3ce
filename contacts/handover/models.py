"""The tables of the lead handover between marketing and sales."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Handover(models.Model):
    """A lead that marketing hands to sales: state, clock and the snapshot *why now*."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("in conversation")
        REJECTED = "rejected", _("rejected")
        RECYCLED = "recycled", _("recycled to marketing")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    OPEN = ("waiting", "accepted")  # marketing is silent in these states

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    account = models.ForeignKey("contacts.Account", models.SET_NULL, null=True, blank=True, verbose_name=_("account"))
    team = models.CharField(_("team"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("owner"))
    created_at = models.DateTimeField(_("handed over"))
    due_at = models.DateTimeField(_("answer due"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=50, blank=True, default="")
    snapshot = models.JSONField(
        _("snapshot"), default=dict
    )  # why now, signals, last touches: as it was at the handover
    journey_slug = models.CharField(_("journey"), max_length=100, blank=True, default="")
    enrollment_id = models.BigIntegerField(_("enrollment"), null=True, blank=True)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], name="handover_one_open", condition=Q(state__in=("waiting", "accepted"))
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="handover_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.state}"


class HandoverLog(models.Model):
    """What happened to a handover, by whom, with a note."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="log", verbose_name=_("handover"))
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=Handover.State.choices)
    reason = models.CharField(_("reason"), max_length=50, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("handover log")
        verbose_name_plural = _("handover log")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.handover_id} {self.state}"
