"""Puts the pages of offers together: plain values for their templates."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.conditions.names import load_names, named
from contacts.segments.page import used_by
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.offers.conflicts import Place, conflict_rows, places
from journeys.offers.models import Offer, OfferCode, OfferDecision, OfferGrant
from journeys.offers.queries import problems_of
from journeys.offers.rules import OFFERED, days_left, say_decision
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated

TONES = {"draft": "grey", "live": "green", "ended": "grey"}
GRANT_TONES = {"open": "blue", "accepted": "green", "declined": "amber", "expired": "grey", "withdrawn": "grey"}
PACE = timedelta(days=7)
SOON = 14  # days: whoever runs out by then is warned of
PLOT_DAYS = 30
PAGE_SIZE = 25
COLOURS = {"made": "#9db8dc", "accepted": "#3f9d6b", "declined": "#d99a3d", "expired": "#98a2b3"}


def offer_rows(*, now: datetime) -> list[dict[str, Any]]:
    """List the offers with what became of them, where they are made, and what needs somebody; six statements."""
    counts, free = _counts(now), _free_codes()
    by_offer: dict[str, list[Place]] = {}
    for place in places():
        by_offer.setdefault(place.offer.slug, []).append(place)
    order = {Offer.State.LIVE: 0, Offer.State.DRAFT: 1, Offer.State.ENDED: 2}
    rows = [
        {
            **_head(offer),
            **_numbers(offer, counts.get(offer.pk, {}), free.get(offer.pk, 0), now),
            "journeys": [{"slug": p.journey.slug, "name": p.journey.name} for p in by_offer.get(offer.slug, [])],
        }
        for offer in Offer.objects.all()
    ]
    return sorted(rows, key=lambda row: (order[row["state"]], row["name"].lower()))


def _counts(now: datetime, offer: Offer | None = None) -> dict[int, dict[str, Any]]:
    found = OfferGrant.objects.order_by() if offer is None else OfferGrant.objects.order_by().filter(offer=offer)
    spent, recent = Q(state__in=("open", "accepted")), Q(granted_at__gt=now - PACE)
    states = {state.value: Count("id", filter=Q(state=state)) for state in OfferGrant.State}
    rows = found.values("offer_id").annotate(
        made=Count("id"), recent=Count("id", filter=recent), spent=Sum("value", filter=spent),
        spent_recently=Sum("value", filter=spent & recent), earned=Sum("value", filter=Q(state="accepted")), **states,
    )  # fmt: skip
    return {row["offer_id"]: row for row in rows}


def _free_codes(offer: Offer | None = None) -> dict[int, int]:
    free = OfferCode.objects.filter(grant=None).order_by()
    free = free if offer is None else free.filter(offer=offer)
    return dict(free.values_list("offer_id").annotate(Count("id")))


def _head(offer: Offer) -> dict[str, Any]:
    return {
        "slug": offer.slug,
        "name": offer.name,
        "kind": offer.get_kind_display(),
        "state": offer.state,
        "state_name": offer.get_state_display(),
        "tone": TONES[offer.state],
        "value": money(offer.value, offer.currency) if offer.value else "",
        "phases": [translated(PHASE_NAMES[Phase(one)]) for one in Phase if one in offer.phases],
        "valid_from": offer.valid_from,
        "valid_until": offer.valid_until,
        "zone": settings.TEAM_TIME_ZONE,
    }


def _numbers(offer: Offer, counted: dict[str, Any], free: int, now: datetime) -> dict[str, Any]:
    spent = counted.get("spent") or Decimal(0)
    made, answered = counted.get("made", 0), sum(counted.get(one, 0) for one in ("accepted", "declined", "expired"))
    share = min(1.0, float(spent / offer.budget)) if offer.budget else None
    return {
        "made": made,
        **{state.value: counted.get(state.value, 0) for state in OfferGrant.State},
        "accepted_share": counted.get("accepted", 0) / answered if answered else None,
        "spent": money(spent, offer.currency),
        "budget": money(offer.budget, offer.currency) if offer.budget is not None else "",
        "used_share": share,
        "used_percent": round(share * 100) if share is not None else None,
        "most_grants": offer.most_grants,
        "places_left": None if offer.most_grants is None else max(0, offer.most_grants - made),
        "codes_left": free if offer.codes == Offer.Codes.SINGLE else None,
        "warnings": _warnings(offer, counted, free, now) if offer.state == Offer.State.LIVE else [],
    }


def _warnings(offer: Offer, counted: dict[str, Any], free: int, now: datetime) -> list[str]:
    """What runs out, and when at last week's pace."""
    pace = counted.get("recent", 0)
    spent, spending = counted.get("spent") or Decimal(0), counted.get("spent_recently") or Decimal(0)
    found = []
    if offer.codes == Offer.Codes.SINGLE:
        found += _runs_out(free, free, pace, _("no code is left"), _("the codes run out"))
    if offer.budget is not None and offer.value:
        left = offer.budget - spent
        pays = int(left / offer.value)
        found += _runs_out(pays, left, spending, _("the budget is used up"), _("the budget runs out"))
    if offer.most_grants is not None:
        left = offer.most_grants - counted.get("made", 0)
        found += _runs_out(left, left, pace, _("it was made as often as allowed"), _("the places run out"))
    if offer.valid_until and offer.valid_until <= now:
        found.append(_("its time is over"))
    elif offer.valid_until and offer.valid_until <= now + timedelta(days=SOON):
        found.append(_in_days(_("it is over"), (offer.valid_until - now).days))
    return found


def _runs_out(left: int, rest: Decimal | int, pace: Decimal | int, gone: str, going: str) -> list[str]:
    if left <= 0:
        return [gone]
    days = days_left(rest, pace)
    return [_in_days(going, days)] if days is not None and days <= SOON else []


def _in_days(what: str, days: int) -> str:
    if days < 1:
        return _("%(what)s today") % {"what": what}
    return ngettext("%(what)s in %(n)d day", "%(what)s in %(n)d days", days) % {"what": what, "n": days}


def offer_page(offer: Offer, *, now: datetime, before: int | None) -> dict[str, Any]:
    """Collect everything about one offer: its rules in words, numbers by state over time, who has it, conflicts."""
    names, language = load_names(), _language()
    counted, free = _counts(now, offer).get(offer.pk, {}), _free_codes(offer).get(offer.pk, 0)
    rows, following = _grants(offer, before)
    users = [user for user in used_by("offer").get(offer.slug, []) if user["room"] != "journey"]
    return {
        "offer": {
            **_head(offer),
            **_numbers(offer, counted, free, now),
            "eligibility": say(offer.eligibility, language, names),
            "segments": [named(names, "segment", slug, language) for slug in offer.segments],
            "valid_days": offer.valid_days,
            "rest_days": offer.rest_days,
            "codes": offer.get_codes_display(),
            "single": offer.codes == Offer.Codes.SINGLE,
            "shared_code": offer.shared_code if offer.codes == Offer.Codes.SHARED else "",
            "accepted_by": named(names, "event", offer.accepted_by, language) if offer.accepted_by else "",
        },
        "missing": problems_of(offer, now) if offer.state == Offer.State.DRAFT else [],
        "states": [
            {"name": str(state.label), "n": counted.get(state.value, 0), "tone": GRANT_TONES[state]} for state in OfferGrant.State
        ],
        "figure": _figure(offer, now),
        "refused": _refused(offer, now),
        "rows": rows,
        "following": following,
        "first": before is None,
        "places": [
            {"slug": p.journey.slug, "name": p.journey.name, "state": p.journey.get_state_display(), "steps": p.steps}
            for p in places(offer.slug)
        ],
        "users": users,
        "conflicts": conflict_rows(offer.slug),
        "zone": settings.TEAM_TIME_ZONE,
    }  # fmt: skip


def _grants(offer: Offer, before: int | None) -> tuple[list[dict[str, Any]], int | None]:
    """Who has or had it, the newest first, and where the next page begins."""
    found = OfferGrant.objects.filter(offer=offer).select_related("contact", "enrollment__journey").order_by("-id")
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE_SIZE + 1])
    shown = [
        {
            "contact_id": row.contact_id,
            "contact": row.contact.name,
            "state": row.get_state_display(),
            "tone": GRANT_TONES[row.state],
            "code": row.code,
            "journey": row.enrollment.journey.name if row.enrollment else "",
            "granted_at": row.granted_at,
            "expires_at": row.expires_at,
            "answered_at": row.answered_at,
            "rest_until": row.rest_until,
        }
        for row in rows[:PAGE_SIZE]
    ]
    return shown, rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None


def _refused(offer: Offer, now: datetime) -> list[dict[str, Any]]:
    """Why people did not get it in the last 30 days."""
    since = now - timedelta(days=PLOT_DAYS)
    found = OfferDecision.objects.filter(offer=offer, at__gt=since).exclude(reason__in=OFFERED).order_by()
    counted = found.values_list("reason").annotate(n=Count("id")).order_by("-n", "reason")
    return [{"reason": say_decision(reason), "n": n} for reason, n in counted]


def _figure(offer: Offer, now: datetime) -> dict[str, Any]:
    """Made, accepted, declined and expired a day."""
    zone = ZoneInfo(settings.TEAM_TIME_ZONE)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=n) for n in range(PLOT_DAYS - 1, -1, -1)]
    since = datetime.combine(days[0], datetime.min.time(), zone)
    params = {"offer": offer.pk, "since": since, "zone": settings.TEAM_TIME_ZONE}
    found = {(day, what): n for day, what, n in sql.rows(sql.statement("journeys/offers/sql/by_day.sql"), params)}
    names = {"made": _("made"), **{state.value: str(state.label) for state in OfferGrant.State}}
    bars = [
        {
            "type": "bar",
            "name": names[what],
            "x": [day.isoformat() for day in days],
            "y": [found.get((day, what), 0) for day in days],
            "marker": {"color": colour},
        }
        for what, colour in COLOURS.items()
    ]
    return {"data": bars, "layout": {"barmode": "group", "hovermode": "x unified", "showlegend": True, "height": 220}}


def money(amount: Decimal | None, currency: str) -> str:
    """Write an amount of money as the language does, without places that are nought."""
    if amount is None:
        return ""
    places_shown = 0 if amount == amount.to_integral_value() else 2
    return f"{formats.number_format(amount, decimal_pos=places_shown, force_grouping=True)}\u00a0{currency}"


def warnings_in(rows: Iterable[dict[str, Any]]) -> int:
    """How many live offers run out of something."""
    return sum(bool(row["warnings"]) for row in rows)


def _language() -> str:
    return (get_language() or "en")[:2]
