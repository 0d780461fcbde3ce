"""What the pages of senders show, in plain values."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.purposes.models import Purpose
from orchestrator.channels.senders.models import Sender
from orchestrator.channels.senders.queries import From, Warming, lines_of, senders_now, warming_today
from orchestrator.channels.senders.rules import Found, Line, days_of

SAID = {
    "there": gettext_lazy("stands there"),
    "missing": gettext_lazy("is missing"),
    "several": gettext_lazy("stands there more than once: none of them counts"),
    "everybody": gettext_lazy("lets everybody send in your name"),
    "not_named": gettext_lazy("does not name the server that sends"),
    "revoked": gettext_lazy("stands there without a key: it was taken back"),
    "no_policy": gettext_lazy("has no policy (p=)"),
    "only_watches": gettext_lazy("stands there and only watches (p=none)"),
    "not_looked_up": gettext_lazy("DNS did not answer: nothing is known"),
}
TONES = {"ok": "green", "warn": "amber", "bad": "red", "open": "grey"}
WHY = {
    "SPF": gettext_lazy("Which servers may send for the address that bounces go to."),
    "MX": gettext_lazy("Where bounces are delivered."),
    "DKIM": gettext_lazy("The key of the signature; it must cover List-Unsubscribe and List-Unsubscribe-Post. The value comes from your provider or server."),
    "DMARC": gettext_lazy("What receivers shall do with mail that neither proves."),
}  # fmt: skip


def list_page(*, now: datetime) -> dict[str, Any]:
    """All senders, with the one that is used while there is none."""
    found = list(Sender.objects.all())
    names = _names()
    warming = warming_today(found, now=now)
    rows = [
        {
            "pk": one.pk,
            "name": one.name,
            "address": one.address,
            "note": one.note,
            "is_default": one.is_default,
            "purposes": [names.get(slug, slug) for slug in one.purposes],
            "warming": _warming(warming.get(one.pk)),
        }
        for one in found
    ]
    return {"rows": rows, "setting": _setting(senders_now().default)}


def sender_page(sender: Sender, *, now: datetime, found: Sequence[Found] = ()) -> dict[str, Any]:
    """One sender with its lines for DNS; found: what was looked up, where somebody asked for it."""
    seen = {(one.line.kind, one.line.name): one for one in found}
    lines = [_line(n, line, seen.get((line.kind, line.name))) for n, line in enumerate(lines_of(sender))]
    names = _names()
    warming = warming_today([sender], now=now).get(sender.pk)
    return {
        "sender": sender,
        "purposes": [names.get(slug, slug) for slug in sender.purposes],
        "lines": lines,
        "looked": bool(found),
        "without_selector": not sender.dkim_selectors,
        "warming": _warming(warming),
        "warm_on": _warm_on(sender),
    }


def _line(n: int, line: Line, found: Found | None) -> dict[str, Any]:
    said = {"state": SAID[found.code], "tone": TONES[found.state], "seen": found.seen} if found else {}
    return {**line._asdict(), **said, "id": f"dns-{n}", "why": WHY[line.kind]}


def _names() -> dict[str, str]:
    return {one.slug: one.name for one in Purpose.objects.all()}


def _warming(warming: Warming | None) -> str:
    if warming is None:
        return ""
    if warming.most is None:
        return _("warmed up")
    return _("today %(sent)d of %(most)d") % warming._asdict()


def _warm_on(sender: Sender) -> Any:
    if sender.warm_up_from is None:
        return None
    days = days_of(begun=sender.warm_up_from, first=sender.warm_up_first, ceiling=sender.warm_up_ceiling)
    return sender.warm_up_from + timedelta(days=days)


def _setting(default: From) -> str:
    return default.line if default.sender_id is None else ""
