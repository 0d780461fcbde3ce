"""What the team of Nordlicht has written down: the YAML files of `company/`, brought into the tables."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from consent.limits.models import Holdout, Limit, QuietHours, Rest
from consent.limits.operations import create_holdout
from consent.limits.rules import CALENDAR_SPANS
from contacts.attributes.models import Attribute
from contacts.conditions.rules import parse_duration
from contacts.events.models import EventType
from contacts.scores.models import Grade, Score, ScoreRule
from contacts.segments.models import Segment
from contacts.signals.models import Signal
from contacts.stages.models import Stage
from journeys.content.operations import import_blocks
from journeys.definitions.operations import import_journey
from journeys.offers.operations import add_codes, import_offers

COMPANY = Path(__file__).resolve().parent / "company"
FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)  # when the team wrote its attributes down


@cache
def read(name: str) -> Any:
    """Read one file of the company, `segments` for `segments.yaml`."""
    return yaml.safe_load((COMPANY / f"{name}.yaml").read_text(encoding="utf-8"))


def blocks() -> list[dict[str, Any]]:
    """All content blocks."""
    return [block for path in sorted(COMPANY.glob("blocks/*.yaml")) for block in read(f"blocks/{path.stem}")]


def journeys() -> list[dict[str, Any]]:
    """All journeys, the highest priority first."""
    found = [read(f"journeys/{path.stem}") for path in COMPANY.glob("journeys/*.yaml")]
    return sorted(found, key=lambda journey: -journey["priority"])


@transaction.atomic
def write_facts() -> None:
    """Bring kinds of events, stages, segments, signals, scores and contact rules into the tables."""
    for given in read("events"):
        EventType.objects.update_or_create(slug=given["slug"], defaults=_named(given) | {"kind": given["kind"]})
    for given in read("attributes"):
        Attribute.objects.update_or_create(key=given["key"], defaults=_attribute(given))
    for position, given in enumerate(read("stages"), 1):
        Stage.objects.update_or_create(slug=given["slug"], defaults=_stage(given) | {"position": position})
    for given in read("segments"):
        Segment.objects.update_or_create(slug=given["slug"], defaults=_segment(given))
    for given in read("signals"):
        Signal.objects.update_or_create(slug=given["slug"], defaults=_signal(given))
    _write_scores()
    write_contact_rules()


def write_contact_rules() -> None:
    """Bring limits, quiet hours, rests and holdouts into the tables; a holdout that is there keeps its members."""
    rules = read("limits")
    for given in rules["limits"]:
        calendar = given.get("calendar", "")
        span = CALENDAR_SPANS[calendar] if calendar else parse_duration(given["window"])
        fields = {name: given.get(name, "") for name in ("channel", "purpose")}
        fields |= _named(given) | {"most": given["most"], "overflow": given["overflow"], "calendar": calendar}
        Limit.objects.update_or_create(slug=given["slug"], defaults=fields | {"window": span})
    for given in rules["quiet_hours"]:
        fields = {name: given[name] for name in ("starts", "ends", "holidays")}
        QuietHours.objects.update_or_create(channel=given["channel"], defaults=fields)
    for given in rules["rests"]:
        fields = _named(given) | {"phase": given["phase"], "hours": given["hours"]}
        Rest.objects.update_or_create(slug=given["slug"], defaults=fields)
    for given in rules["holdouts"]:
        if not Holdout.objects.filter(slug=given["slug"]).exists():
            share = Decimal(str(given["share"]))
            create_holdout(
                slug=given["slug"], names=given["name"], share=share, journey="", walks=given["walks"], now=FOUNDED
            )


def write_journeys(*, now: datetime) -> None:
    """Bring content and journeys into the tables and publish them."""
    import_blocks(blocks=blocks(), now=now)
    import_offers(offers=read("offers"), now=now)
    for offer in read("offers"):
        if offer.get("codes") == "single":
            add_codes(
                slug=offer["slug"], codes=[f"NORD-{_code(offer['slug'], n)}" for n in range(offer["most_grants"])]
            )
    for journey in journeys():
        import_journey(definition=journey, now=now, publish=True)


def _code(slug: str, number: int) -> str:
    """One of the single codes of an offer, the same at every load."""
    return sha256(f"nordlicht:{slug}:{number}".encode()).hexdigest()[:8].upper()


def _write_scores() -> None:
    given = read("scores")
    for one in given["scores"]:
        fields = _named(one) | {"axis": one["axis"], "decay": one.get("decay", Score.Decay.NONE)}
        score, _ = Score.objects.update_or_create(
            slug=one["slug"], defaults=fields | {"decay_days": one.get("decay_days", 30)}
        )
        for position, rule in enumerate(one["rules"]):
            shown = {"points": rule["points"], "most_a_day": rule.get("most_a_day")}
            counted = {"condition": rule.get("condition"), "event": rule.get("event")}
            ScoreRule.objects.update_or_create(score=score, position=position, defaults=_named(rule) | shown | counted)
        score.rules.filter(position__gte=len(one["rules"])).delete()
    for axis, bands in given["grades"].items():
        for label, least in bands.items():
            Grade.objects.update_or_create(axis=axis, label=label, defaults={"least": least})


def _stage(given: dict[str, Any]) -> dict[str, Any]:
    rules = {name: given.get(name) for name in ("phase", "condition", "leave")}
    return _named(given) | rules | {f"goals_{code}": "\n".join(texts) for code, texts in given["goals"].items()}


def _segment(given: dict[str, Any]) -> dict[str, Any]:
    kind, condition = given.get("kind", Segment.Kind.DYNAMIC), given.get("condition")
    return _named(given) | {"kind": kind, "condition": condition, "description": given.get("description", "")}


def _signal(given: dict[str, Any]) -> dict[str, Any]:
    key = given.get("key", {})
    return _named(given) | {
        "kind": given["kind"],
        "strength": given["strength"],
        "condition": given["condition"],
        "key_event": key.get("event", ""),
        "key_property": key.get("property", ""),
        "cooldown": parse_duration(given["cooldown"]),
        "holds_for": parse_duration(given["holds_for"]),
        "decay": given.get("decay", Signal.Decay.NONE),
        "goal": given.get("goal", ""),
    }


def _attribute(given: dict[str, Any]) -> dict[str, Any]:
    choices = [{"value": value, **names} for value, names in given.get("choices", {}).items()]
    fields = {
        name: given.get(name, default) for name, default in (("source", ""), ("purpose", ""), ("keep_days", None))
    }
    return _named(given) | fields | {"kind": given["kind"], "choices": choices, "created_at": FOUNDED}


def _named(given: dict[str, Any]) -> dict[str, str]:
    return {"name_en": given["name"]["en"], "name_de": given["name"]["de"]}
