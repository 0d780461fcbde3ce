"""Who a mail is from, and what the pages of senders show."""

import re
from datetime import datetime
from email.utils import parseaddr
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from orchestrator.channels.senders.models import Sender, SenderDay
from orchestrator.channels.senders.rules import Line, lines_for, most_on, selectors_in
from orchestrator.kernel import known

SENDERS = known.watch("orchestrator_sender", by=(known.DELIVERY,))


PLAIN_NAME = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")


class From(NamedTuple):
    """Who a mail is from. sender_id: None where it is the one of the setting MAIL_FROM."""

    name: str
    address: str
    reply_to: str = ""
    sender_id: int | None = None

    @property
    def line(self) -> str:
        """As it stands in a mail; empty when nobody is set."""
        if not self.address or not self.name:
            return self.address
        name = self.name
        if not PLAIN_NAME.fullmatch(name):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name} <{self.address}>"


class Senders(NamedTuple):
    """Who sends what. default: also for purposes that nobody is named for."""

    default: From
    by_purpose: dict[str, From]
    warming: dict[int, Sender]

    def of(self, purpose: str) -> From:
        """Who messages of a purpose are from."""
        return self.by_purpose.get(purpose, self.default)


def senders_now() -> Senders:
    """All senders; kept in memory for as long as nobody changes one."""
    return known.kept(("senders", settings.MAIL_FROM), SENDERS, _load)


def _load() -> Senders:
    found = list(Sender.objects.order_by("-is_default", "pk"))
    by_purpose: dict[str, From] = {}
    default = From(*parseaddr(settings.MAIL_FROM))
    for one in found:
        given = From(one.name, one.address, one.reply_to, one.pk)
        if one.is_default:
            default = given
        for purpose in one.purposes:
            by_purpose.setdefault(purpose, given)
    return Senders(default, by_purpose, {one.pk: one for one in found if one.warm_up_from})


def team_day(now: datetime) -> datetime:
    """The beginning of the team's day."""
    return now.astimezone(ZoneInfo(settings.TEAM_TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)


def lines_of(sender: Sender) -> list[Line]:
    """What has to stand in DNS for a sender."""
    return lines_for(
        sender.address.rpartition("@")[2].lower(),
        selectors=selectors_in(sender.dkim_selectors),
        provider=settings.MAIL_PROVIDER,
        server="" if settings.MAIL_PROVIDER else settings.EMAIL_HOST or "",
        bounces="" if settings.MAIL_PROVIDER else settings.MAIL_BOUNCE_DOMAIN,
        reports=sender.reply_to or sender.address,
    )


class Warming(NamedTuple):
    """Where a sender stands in its warm-up. most: today, None when it is done; sent: so far."""

    most: int | None
    sent: int


def warming_today(senders: list[Sender], *, now: datetime) -> dict[int, Warming]:
    """Where each sender that is warmed up stands today."""
    today = team_day(now).date()
    counts = dict(SenderDay.objects.filter(sender__in=senders, day=today).values_list("sender", "count"))
    return {
        one.pk: Warming(
            most_on(today, begun=one.warm_up_from, first=one.warm_up_first, ceiling=one.warm_up_ceiling),
            counts.get(one.pk, 0),
        )
        for one in senders
        if one.warm_up_from
    }
