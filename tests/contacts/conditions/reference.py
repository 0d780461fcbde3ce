"""A second reading of the language of conditions, in plain Python, from the page of semantics alone.

It knows neither the compiler nor SQL: people are dictionaries, a condition is walked over, and the result is true, false,
or None for unknown. What it says is compared with what the database says.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 30 * 86_400}
COLUMNS = ("email", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title", "external_id")
FEEDBACK = ("email_opened", "email_clicked")
NOT_BEHAVIOUR = {"order_placed", *FEEDBACK}


def span(text):
    unit = text.lstrip("0123456789")
    return timedelta(seconds=int(text[: len(text) - len(unit)]) * SECONDS[unit])


def truth(node, person, now):
    """Whether a condition holds for a person: True, False, or None for unknown."""
    if "all" in node or "any" in node:
        kind = "all" if "all" in node else "any"
        parts = [truth(part, person, now) for part in node[kind]]
        decisive = kind == "any"
        return decisive if decisive in parts else None if None in parts else not decisive
    if "not" in node:
        inner = truth(node["not"], person, now)
        return None if inner is None else not inner
    kind = next(key for key in LEAVES if key in node)
    return LEAVES[kind](node, person, now)


def attribute(node, person, now):
    name = node["attribute"]
    if name in COLUMNS:
        return compared(node, person[name] or None, person, now, typed="text")
    if name in ("created_at", "stage_since"):
        return compared(node, person[name], person, now, typed="instant")
    return compared(node, person["attributes"].get(name), person, now, typed=person["kinds"].get(name))


def account(node, person, now):
    company = person["account"] or {}
    return compared(node, company.get(node["account"]) or None, person, now, typed="text")


def compared(node, value, person, now, typed=None):
    """One comparison; None where the value is missing or of another type than what is asked."""
    if "is_set" in node:
        return (value is not None) == node["is_set"]
    if value is None:
        return None
    operator = next(key for key in OPERATORS if key in node)
    given = node[operator]
    if typed == "list":
        if operator == "contains":
            return given in value
        if operator == "in":
            return any(one in value for one in given)
        return None
    if operator in ("before", "after", "within"):
        return dated(operator, given, value, person, now)
    sample = given[0] if isinstance(given, list) else given
    if kind_of(sample) != kind_of(value):
        return None
    return OPERATORS[operator](value, given)


def kind_of(value):
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, int | float) else "text" if isinstance(value, str) else "day"


OPERATORS = {
    "is": lambda value, given: value == given,
    "is_not": lambda value, given: value != given,
    "in": lambda value, given: value in given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "between": lambda value, given: given[0] <= value <= given[1],
    "contains": lambda value, given: given.lower() in value.lower(),
    "starts_with": lambda value, given: value.lower().startswith(given.lower()),
    "before": None,
    "after": None,
    "within": None,
}


def dated(operator, given, value, person, now):
    """Days are compared: of an instant its day where the person lives."""
    zone = ZoneInfo(person["time_zone"])
    today = now.astimezone(zone).date()
    if isinstance(value, datetime):
        day = value.astimezone(zone).date()
    else:
        try:
            day = date.fromisoformat(value[:10]) if isinstance(value, str) else None
        except ValueError:
            day = None
        if isinstance(value, str) and "T" in value:
            day = datetime.fromisoformat(value).astimezone(zone).date()
    if day is None:
        return None
    if operator == "within":
        if given.get("yearly"):
            return any(abs((anniversary(day, today.year + n) - today).days) <= given["days"] for n in (-1, 0, 1))
        return abs((day - today).days) <= given["days"]
    if given[0] in "+-":
        shift = span(given[1:])
        edge = (now + shift if given[0] == "+" else now - shift).astimezone(zone).date()
    else:
        edge = date.fromisoformat(given)
    return day < edge if operator == "before" else day > edge


def anniversary(day, year):
    """The day of a year that a date falls on; 29 February is kept on 28 February where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def event(node, person, now):
    name = node["event"]
    if name not in NOT_BEHAVIOUR and "profiling" not in person["consents"]:
        return None
    since = now - span(node["within"]) if "within" in node else datetime.min.replace(tzinfo=UTC)
    found = [
        (at, properties)
        for kind, at, properties in person["events"]
        if kind == name
        and since < at <= now
        and not (name in FEEDBACK and properties.get("likely_machine") is True)
        and all(compared(part, properties.get(part["property"]), person, now) is True for part in node.get("where", []))
    ]
    for aggregate in ("sum", "min", "max"):
        if aggregate in node:
            return aggregated(aggregate, node[aggregate], [p for _, p in found], person, now)
    if "last" in node:
        newest = max(found, key=lambda pair: pair[0], default=(None, {}))[1]
        return compared(node["last"], newest.get(node["last"]["property"]), person, now)
    count = node.get("count", {"gte": 1})
    operator, n = next(iter(count.items()))
    return OPERATORS[operator](len(found), n)


def aggregated(how, asked, rows, person, now):
    numbers = [row[asked["property"]] for row in rows if kind_of(row.get(asked["property"])) == "number"]
    if how == "sum":
        return compared(asked, round(sum(numbers), 6), person, now)
    return compared(asked, {"min": min, "max": max}[how](numbers) if numbers else None, person, now)


def segment(node, person, now):
    return node["segment"] in person["segments"]


def signal(node, person, now):
    held = span(node["within"]) if "within" in node else timedelta(hours=person["holds"][node["signal"]])
    return any(slug == node["signal"] and now - held < at <= now for slug, at in person["firings"])


def stage(node, person, now):
    return None if person["stage"] is None else person["stage"] == node["stage"]


def phase(node, person, now):
    return None if person["phase"] is None else person["phase"] == node["phase"]


def consent(node, person, now):
    return node["consent"] in person["consents"]


def offer(node, person, now):
    state = node.get("state", "open")
    inside = lambda at: "within" not in node or now - span(node["within"]) < at <= now  # noqa: E731
    found = any(
        node["offer"] in ("any", slug)
        and state in (is_now, "never")
        and inside(made if state in ("open", "never") else answered)
        for slug, is_now, made, answered in person["offers"]
    )
    return not found if state == "never" else found


LEAVES = {
    "attribute": attribute,
    "account": account,
    "event": event,
    "segment": segment,
    "signal": signal,
    "stage": stage,
    "phase": phase,
    "consent": consent,
    "offer": offer,
}
