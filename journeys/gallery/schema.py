"""The JSON Schema of files of journeys, made of what rules and kinds of steps declare; published for editors and for git."""

from contacts.attributes.rules import Kind as AttributeKind
from contacts.stages.rules import Phase
from journeys.definitions import entry_rules
from journeys.definitions.rules import KEYS as JOURNEY_KEYS
from journeys.definitions.rules import MOST_STEPS, NUMBERS
from journeys.gallery.condition_schema import NAME, SPAN, Schema, closed, compared, condition_definitions
from journeys.gallery.rules import CHOICES, FORMAT, KEYS, NEEDED, SECTION_OF, Thing
from journeys.steps.registry import COMMON_KEYS, kind_names, kind_of

CONDITION: Schema = {"$ref": "#/$defs/condition"}
NAMES: Schema = {"$ref": "#/$defs/name"}
SLUG: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\w-]+$"}
CLOCK: Schema = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}
ISO_DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
DAYS: Schema = {"type": "array", "minItems": 1, "items": {"enum": list(entry_rules.DAYS)}}
WHERE: Schema = {"type": "array", "maxItems": 20, "items": compared({"property": NAME})}
PLAIN: Schema = {"type": ["string", "number", "boolean", "null", "array", "object"]}
VARIANT: Schema = {
    "type": "object",
    "properties": {key: {"type": "string"} for key in ("channel", "language", "arm", "subject", "preheader", "body")},
}
# what the settings of steps hold, wherever a kind declares a key of this name; other keys may hold anything
SETTINGS: dict[str, Schema] = {
    "next": SLUG,
    "timeout": SLUG,
    "missing": SLUG,
    "otherwise": SLUG,
    "for": SPAN,
    "at_most": {"anyOf": [SPAN, {"type": "integer", "minimum": 1}]},
    "until": CONDITION,
    "block": SLUG,
    "purpose": SLUG,
    "expires": SPAN,
    "respond_within": SPAN,
    "team": NAME,
    "outcome": {"type": "string", "maxLength": 60},
    "stage": SLUG,
    "salt": NAME,
    "set": {"type": "object", "additionalProperties": PLAIN},
    "window": closed({"from": CLOCK, "to": CLOCK, "days": DAYS}, "from"),
    "stages": {"type": "object", "additionalProperties": SLUG},
    "arms": {
        "type": "array",
        "minItems": 2,
        "items": closed(
            {
                "name": NAME,
                "weight": {"type": "number", "exclusiveMinimum": 0},
                "holdout": {"type": "boolean"},
                "next": SLUG,
            },
            "name",
            "weight",
        ),
    },
    "branches": {
        "type": "array",
        "minItems": 1,
        "maxItems": 25,
        "items": closed({"key": SLUG, "name": NAMES, "when": CONDITION, "next": SLUG}, "key", "when"),
    },
}
STEP_NEEDS = {
    "branch": ["branches"],
    "split": ["arms"],
    "send": ["block"],
    "handover": ["team"],
    "task": ["team", "title"],
}


def journey_schema() -> Schema:
    """The schema of a file: one with its sections, or one journey alone."""
    lists = {
        SECTION_OF[thing]: {"type": "array", "maxItems": 500, "items": {"$ref": f"#/$defs/{thing}"}} for thing in Thing
    }
    bundle = closed(
        {
            "bundle": {"const": FORMAT},
            **lists,
            "stages": {"type": "array", "items": SLUG, "description": "required, not made"},
        },
        "bundle",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "/api/v1/schemas/journey.json",
        "title": "Journeys as files",
        "if": {"type": "object", "required": ["bundle"]},
        "then": {"$ref": "#/$defs/file"},
        "else": {"$ref": "#/$defs/journey"},
        "$defs": {
            "file": bundle,
            "name": closed({"en": NAME, "de": NAME}, "en", "de"),
            **{str(thing): _thing(thing) for thing in KEYS},
            "block": _block(),
            "offer": {"type": "object", "required": list(NEEDED[Thing.OFFER])},
            "journey": _journey(),
            "entry": _entry(),
            **{f"step_{kind}": _step(kind) for kind in kind_names()},
            **condition_definitions(),
        },
    }


def _thing(thing: Thing) -> Schema:
    known: dict[str, Schema] = {
        "slug": SLUG,
        "key": NAME,
        "name": NAMES,
        "condition": CONDITION,
        "description": {"type": "string"},
        "active": {"type": "boolean"},
        "sensitive": {"type": "boolean"},
        "keep_days": {"type": ["integer", "null"], "minimum": 1},
        "cooldown": {"type": "string", "pattern": "^0d$|" + SPAN["pattern"]},
        "holds_for": {"type": "string", "pattern": "^0d$|" + SPAN["pattern"]},
        "choices": {"type": "array", "items": {"type": "object", "required": ["value"]}},
    }
    if thing is Thing.SIGNAL:
        known["key"] = closed({"event": NAME, "property": NAME}, "event", "property")
    if thing is Thing.ATTRIBUTE:
        known["kind"] = {"enum": list(AttributeKind)}
    choices = {key: {"enum": list(values)} for (of, key), values in CHOICES.items() if of is thing}
    known = {**known, **choices}
    return closed({key: known.get(key, {"type": "string"}) for key in KEYS[thing]}, *NEEDED[thing])


def _block() -> Schema:
    texts: Schema = {
        "anyOf": [{"type": "array", "items": VARIANT}, {"type": "object", "additionalProperties": VARIANT}]
    }
    known = {"slug": SLUG, "name": NAMES, "phase": {"enum": list(Phase)}, "channel": NAME, "variants": texts}
    return {"type": "object", "properties": known, "required": list(NEEDED[Thing.BLOCK])}


def _journey() -> Schema:
    text: Schema = {"type": "string", "maxLength": 2_000}
    goal = closed(
        {"name": NAMES, "when": CONDITION, "within": SPAN, "from": {"enum": list(entry_rules.ANCHORS)}}, "name", "when"
    )
    leaves = {"when": CONDITION, "event": NAME, "segment_left": SLUG, "stage": SLUG, "where": WHERE, "name": NAMES}
    exits = closed(
        {key: leaves[key] for key in entry_rules.EXIT_KEYS}, oneOf=[{"required": [key]} for key in entry_rules.EXITS]
    )
    target: Schema = {"type": "number", "minimum": 0}
    kpi = closed({"name": NAMES, "measure": {"enum": list(entry_rules.MEASURES)}, "target": target}, "name", "measure")
    known: dict[str, Schema] = {
        "slug": SLUG | {"maxLength": 100},
        "name": NAMES,
        "phase": {"enum": list(Phase)},
        **{key: {"type": "number", "minimum": least, "maximum": most} for key, (least, most) in NUMBERS.items()},
        "context": CONDITION,
        "propensity": SLUG,
        "description": {"anyOf": [text, closed({"en": text, "de": text})]},
        "entry": {"$ref": "#/$defs/entry"},
        "goal": goal,
        "exit": {"type": "array", "maxItems": entry_rules.MOST_EXITS, "items": exits},
        "kpis": {"type": "array", "maxItems": entry_rules.MOST_KPIS, "items": kpi},
        "max_age": SPAN,
        "purpose": SLUG,
        "steps": {"type": "array", "minItems": 1, "maxItems": MOST_STEPS, "items": _any_step()},
    }
    return closed({key: known.get(key, {}) for key in JOURNEY_KEYS}, *NEEDED[Thing.JOURNEY])


def _any_step() -> Schema:
    kinds = [
        {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/step_{kind}"}}
        for kind in kind_names()
    ]
    named = ["key", "kind", "name"]
    return {"type": "object", "required": named, "properties": {"kind": {"enum": kind_names()}}, "allOf": kinds}


def _entry() -> Schema:
    whole: Schema = {"type": "integer", "minimum": 1}
    schedule: dict[str, Schema] = {
        "segment": SLUG,
        "at": {"type": "string"},
        "every": {"enum": list(entry_rules.EVERY)},
        "time": CLOCK,
        "days": DAYS,
        "day": {"type": "integer", "minimum": 1, "maximum": 31},
        "from": ISO_DAY,
        "until": ISO_DAY,
        "local": {"type": "boolean"},
    }
    again = closed({"after": {"enum": list(entry_rules.AFTER)}, "delay": SPAN}, "after")
    known: dict[str, Schema] = {
        **dict.fromkeys((*entry_rules.NAMED, "key", "outcome"), NAME),
        "schedule": closed({key: schedule[key] for key in entry_rules.SCHEDULE_KEYS}, "segment"),
        "api": {"const": True},
        "where": WHERE,
        "change": {"enum": list(entry_rules.CHANGES)},
        "state": {"enum": list(entry_rules.JOURNEY_STATES)},
        "when": CONDITION,
        "exclude": SLUG,
        "reentry": {"anyOf": [{"enum": ["never", "parallel"]}, again]},
        "limits": closed(dict.fromkeys(entry_rules.LIMITS, whole), minProperties=1),
    }
    one = [{"required": [key]} for key in entry_rules.TRIGGERS]
    return closed({key: known.get(key, {}) for key in entry_rules.ENTRY_KEYS}, oneOf=one)


def _step(name: str) -> Schema:
    """One kind of step: its keys as the kind declares them."""
    kind = kind_of(name)
    keys = {key: SETTINGS.get(key, {}) for key in (*COMMON_KEYS, *kind.keys)}
    keys |= {"key": SLUG, "kind": {"const": name}, "name": NAMES}
    return closed(keys, "key", "kind", "name", *STEP_NEEDS.get(name, ())) | {"description": kind.about["en"]}
