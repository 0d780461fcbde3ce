"""What the pages of slots show: the list with its counts, one slot by journey, and the code to put it in."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.definitions.models import Journey, Step
from orchestrator.channels.slots.models import ProductPair, SeenProduct, Slot, SlotDay
from orchestrator.channels.slots.rules import CHANNEL, LANGUAGES
from orchestrator.kernel.fields import translated

DAYS = 14
COUNTS = ("asked", "shown", "clicked", "dismissed")
LANGUAGE_NAMES = {"en": {"en": "English", "de": "Englisch"}, "de": {"en": "German", "de": "Deutsch"}}


def slot_rows(*, now: datetime) -> list[dict[str, Any]]:
    """The slots with what came of them in the last days: two statements, however many there are."""
    slots = list(Slot.objects.select_related("fallback", "owner").order_by("slug"))
    totals = {row["slot"]: row for row in _sums(_days(now).values("slot"))}
    return [_row(one) | _counted(totals.get(one.pk)) for one in slots]


def slot_page(slot: Slot, *, now: datetime) -> dict[str, Any]:
    """One slot: what is shown in it and how often, what its fallback looks like, and where journeys send to it."""
    days = _days(now).filter(slot=slot)
    rows = list(_sums(days.values("answer", "journey__slug", "journey__name_en", "journey__name_de")))
    rows.sort(key=lambda row: (row["answer"] != SlotDay.Answer.TOUCH, -row["asked"]))
    return {
        "one": _row(slot) | _counted(_whole(rows)),
        "answers": [_answer(row) for row in rows],
        "previews": previews(slot),
        "places": _places(slot),
        "code": code_of(slot),
        "days": DAYS,
        "products": _products(slot),
    }


def previews(slot: Slot) -> list[dict[str, Any]]:
    """The fallback as visitors see it, in each language it has."""
    kind = slot.kind if slot.kind != Slot.Kind.RECOMMENDATION else Slot.Kind.TEASER
    return [
        {
            "language": language,
            "name": translated(LANGUAGE_NAMES[language]),
            "kind": kind,
            "content": text,
            "lines": [line for line in text["text"].splitlines() if line.strip()],
        }
        for language in LANGUAGES
        if (text := slot.fallback_texts.get(language))
    ]


def code_of(slot: Slot) -> str:
    """What stands in the page of the shop."""
    script = f'<script src="{settings.PUBLIC_URL}/static/js/slots.js" data-key="YOUR_KEY" async></script>'
    product = ' data-product="YOUR_PRODUCT_ID"' if slot.kind == Slot.Kind.RECOMMENDATION else ""
    place = f'<div data-slot="{slot.slug}"{product}></div>'
    return f"{place}\n{script}"


def _days(now: datetime) -> QuerySet[SlotDay]:
    today: date = timezone.localdate(now)
    return SlotDay.objects.filter(on__gt=today - timedelta(days=DAYS), on__lte=today)


def _sums(grouped: Any) -> Any:
    return grouped.annotate(**{f"n_{what}": Sum(what) for what in COUNTS}).values(
        *grouped.query.values_select, **{what: F(f"n_{what}") for what in COUNTS}
    )


def _row(slot: Slot) -> dict[str, Any]:
    return {
        "slug": slot.slug,
        "name": slot.name,
        "kind": slot.get_kind_display(),
        "place": slot.get_place_display(),
        "active": slot.active,
        "fallback": slot.fallback.name if slot.fallback else "",
        "fallback_slug": slot.fallback.slug if slot.fallback else "",
        "ready": bool(slot.fallback_texts) and bool(slot.fallback) and slot.fallback.state == "approved",
        "owner": (slot.owner.get_full_name() or slot.owner.get_username()) if slot.owner else "",
    }


def _counted(found: dict[str, Any] | None) -> dict[str, Any]:
    counts = {what: (found or {}).get(what) or 0 for what in COUNTS}
    return counts | {"click_share": counts["clicked"] / counts["shown"] if counts["shown"] else None}


def _whole(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {what: sum(row[what] or 0 for row in rows) for what in COUNTS}


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    slug = row["journey__slug"]
    name = translated({"en": row["journey__name_en"], "de": row["journey__name_de"]}) if slug else ""
    tones = {SlotDay.Answer.TOUCH: "green", SlotDay.Answer.RECOMMENDATION: "teal", SlotDay.Answer.FALLBACK: "grey"}
    return {
        "answer": SlotDay.Answer(row["answer"]).label,
        "tone": tones.get(row["answer"], "amber"),
        "journey": slug,
        "name": name,
        "followed": row["answer"] in (SlotDay.Answer.TOUCH, SlotDay.Answer.RECOMMENDATION),
    } | _counted(row)


def _places(slot: Slot) -> list[dict[str, Any]]:
    """The steps of live journeys whose messages may be shown here: those that name the slot, and those that name none."""
    if slot.kind == Slot.Kind.RECOMMENDATION:
        return []
    here = Q(settings__slot=slot.slug) | Q(settings__slot__isnull=True)
    steps = Step.objects.filter(
        here, settings__channel=CHANNEL, kind="send", version=F("version__journey__live_version")
    )
    found = steps.select_related("version__journey").order_by("version__journey__slug", "position")
    running = found.filter(version__journey__state__in=(Journey.State.LIVE, Journey.State.ENDING))
    return [
        {
            "slug": step.version.journey.slug,
            "journey": step.version.journey.name,
            "step": step.name,
            "named": "slot" in step.settings,
        }
        for step in running
    ]


def _products(slot: Slot) -> list[dict[str, Any]]:
    """What the nights found, of a slot for recommendations."""
    if slot.kind != Slot.Kind.RECOMMENDATION:
        return []
    return [
        {"what": _("Products bought together"), "n": ProductPair.objects.count()},
        {"what": _("Products that people looked at lately"), "n": SeenProduct.objects.count()},
    ]
