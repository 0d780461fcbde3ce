"""The tables of senders, and of what they sent on a day of their warm-up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.channels.senders.rules import CEILING, FIRST_DAY


class Sender(models.Model):
    """A name and an address that mail is from. One is the default; others are for purposes and topics that name them."""

    name = models.CharField(_("name that people see"), max_length=100)
    address = models.EmailField(_("address"), unique=True, db_column="own_address")  # ours: of nobody who is written to
    reply_to = models.EmailField(
        _("answers go to"), blank=True, default="", help_text=_("Empty: to the address itself.")
    )
    note = models.CharField(_("what it is for"), max_length=200, blank=True, default="")
    purposes = models.JSONField(
        _("purposes and topics"), default=list, blank=True
    )  # short names; empty: only as the default
    is_default = models.BooleanField(_("default"), default=False)
    dkim_selectors = models.CharField(
        _("DKIM selectors"), max_length=200, blank=True, default="",
        help_text=_("As your mail provider or server names them, with blanks between them."),
    )  # fmt: skip
    warm_up_from = models.DateField(
        _("first day of the warm-up"), null=True, blank=True, help_text=_("Empty: no limit for a day.")
    )
    warm_up_first = models.PositiveIntegerField(_("mails on the first day"), default=FIRST_DAY)
    warm_up_ceiling = models.PositiveIntegerField(
        _("warmed up at mails a day"),
        default=CEILING,
        help_text=_("Each day may have twice as many as the day before, up to this."),
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], name="sender_default", condition=Q(is_default=True)),
            models.CheckConstraint(condition=Q(warm_up_first__gte=1), name="sender_warm_up"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class SenderDay(models.Model):
    """How many mails of a sender were let go on a day of its warm-up, in the team's zone."""

    sender = models.ForeignKey(Sender, models.CASCADE, related_name="days", verbose_name=_("sender"))
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("mails"), default=0)

    class Meta:
        verbose_name = _("day of a sender")
        verbose_name_plural = _("days of senders")
        constraints = [models.UniqueConstraint(fields=["sender", "day"], name="senderday_day")]

    def __str__(self) -> str:
        return f"{self.sender_id} {self.day}"
