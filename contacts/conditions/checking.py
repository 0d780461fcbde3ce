"""What the builder says about a condition while somebody builds it: problems, sentences, people, reach."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from contacts.attributes.queries import definitions
from contacts.conditions.checks import about_run
from contacts.conditions.counting import ChannelReach, Measured, Number, measure_people, people_with
from contacts.conditions.language import say, validate
from contacts.conditions.names import Names, load_names
from contacts.conditions.rules import Problem
from contacts.conditions.vocabulary import advise, load_vocabulary
from orchestrator.kernel.fields import translated

LONGEST = 100_000  # characters of a condition that somebody sends
LANGUAGES = ("en", "de")


class Written(NamedTuple):
    """A condition as somebody wrote it: what it is (None for everybody), and what is wrong with it."""

    condition: Any
    errors: list[Problem]


def read_condition(text: str, *, run: bool = True) -> Written:
    """Read the JSON of a condition and check it. An empty text is everybody. run: it may be about runs of a journey."""
    if not text.strip():
        return Written(None, [])
    if len(text) > LONGEST:
        return Written(None, [Problem("", f"expected at most {LONGEST} characters")])
    try:
        condition = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Written(None, [Problem("", f"expected JSON: {error}")])
    return Written(condition, errors_of(condition, run=run))


def errors_of(condition: Any, *, run: bool = True) -> list[Problem]:
    """The errors of a condition, also of values that do not fit the types of attributes; warnings are not among them."""
    found = validate(condition, definitions=definitions(), run=run)
    return [problem for problem in found if problem.level == "error"]


def say_checked(written: Written) -> dict[str, Any]:
    """Say a condition in both languages, with its problems by path; nothing is said of a wrong one."""
    if written.errors:
        return {"errors": written.errors, "warnings": [], "sentences": []}
    vocabulary = load_vocabulary()
    warnings = advise(written.condition, vocabulary) if written.condition is not None else []
    return {"errors": [], "warnings": warnings, "sentences": sentences(written.condition, vocabulary.names)}


def sentences(condition: Any, names: Names | None = None) -> list[tuple[str, str]]:
    """The sentence of a valid condition in each language."""
    names = load_names() if names is None else names
    return [(language, say(condition, language, names)) for language in LANGUAGES]


def counted(condition: Any, *, now: datetime) -> dict[str, Any]:
    """Count the people of a valid condition, for a template: numbers, reach and ten people."""
    measured = measure_people(condition, now=now)
    return {
        "people": shown(measured.people),
        "share": _share(measured),
        "everybody": measured.everybody,
        "channels": [_channel(channel, measured.people) for channel in measured.channels],
        "sample": [_person(contact) for contact in people_with(measured.ids)],
        "by_run": bool(condition) and about_runs(condition),
    }


def about_runs(condition: Any) -> bool:
    """Whether a valid condition says something about the run of a person, which cannot be counted over people."""
    return any(True for _path in about_run(condition))


def shown(number: Number) -> dict[str, Any]:
    """A number for a template: an estimate is rounded to two digits that mean something."""
    if number.n is None or number.exact:
        return {"n": number.n, "exact": number.exact}
    return {"n": rounded(number.n), "exact": False, "low": rounded(number.low), "high": rounded(number.high)}


def rounded(n: int) -> int:
    """Keep two digits: 12,345 is about 12,000."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    return round(n / step) * step


def _share(measured: Measured) -> float | None:
    n = measured.people.n
    return n / measured.everybody if n is not None and measured.everybody else None


def _channel(channel: ChannelReach, people: Number) -> dict[str, Any]:
    return {
        "name": translated(channel.reach.label),
        "reached": shown(channel.reached),
        "of": shown(people),
        "share": (channel.reached.n or 0) / people.n if people.n else None,
        "stopped": [
            (translated(channel.reach.reasons[code]), shown(number)) for code, number in channel.stopped.items()
        ],
    }


def _person(contact: Any) -> dict[str, Any]:
    details = [contact.stage.name if contact.stage else "", contact.account.name if contact.account else ""]
    return {"id": contact.pk, "name": contact.name, "about": " · ".join(filter(None, [*details, contact.country]))}
