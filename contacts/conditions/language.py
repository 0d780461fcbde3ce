"""The language of every rule: validate, compile, say, explain, depends_on."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.expressions import Expression

from contacts.conditions import registry
from contacts.conditions.checks import run_problems, size_problem, text_problems, type_problems
from contacts.conditions.expressions import All, Either, Not
from contacts.conditions.names import Names
from contacts.conditions.registry import CONTACT, RUN, Context, Subject
from contacts.conditions.rules import Dependencies, Problem, at, group_of, leaves_of, show

if TYPE_CHECKING:
    from contacts.attributes.queries import Definition

__all__ = ["CONTACT", "RUN", "Problem", "Subject", "compile_condition", "depends_on", "explain", "say", "validate"]


def validate(
    condition: Any, path: str = "", *, definitions: Mapping[str, "Definition"] | None = None, run: bool = True
) -> list[Problem]:
    """Find every error of a condition, each with its path like `all[2].count.gte`.

    definitions: of the team's attributes (contacts.attributes.queries.definitions()), to check values against their
    types; typed columns are always checked. run: False where the rows are people, so that nothing may be said about the
    run of a journey (`since`, its key).
    """
    too_large = size_problem(condition, path)
    if too_large:
        return [too_large]
    problems = text_problems(condition, path) or _validate(condition, path)
    if problems:
        return problems
    return ([] if run else run_problems(condition, path)) + type_problems(condition, path, definitions or {})


def _validate(node: Any, path: str) -> list[Problem]:
    if not isinstance(node, dict):
        return [Problem(path, f"expected an object with all, any, not or a leaf, got {show(node)}")]
    group = group_of(node)
    if group is None:
        leaf = registry.leaf_of(node)
        if leaf is None:
            known = ", ".join(["all", "any", "not", *registry.leaf_keys()])
            return [Problem(path, f"expected one of {known}, got {show(sorted(map(str, node)))}")]
        return leaf.validate(node, path)
    here = at(path, group)
    if len(node) > 1:
        return [Problem(path, f"expected {group} alone, got {show(sorted(map(str, node)))}")]
    if group == "not":
        return _validate(node["not"], here)
    children = node[group]
    if not isinstance(children, list) or not children:
        return [Problem(here, f"expected a list with at least one condition, got {show(children)}")]
    return [problem for i, child in enumerate(children) for problem in _validate(child, f"{here}[{i}]")]


def compile_condition(
    condition: dict[str, Any], *, now: datetime, subject: Subject = CONTACT, positive: bool = True, wide: bool = False
) -> Expression:
    """Compile a valid condition into a boolean expression for filter() or annotate().

    positive: only its truth matters (a filter). False keeps "unknown" apart from "false" (a branch).
    wide: for everybody: events are read once and grouped, instead of looked up for each row. The answers are the same.
    """
    return _compile(condition, Context(now, subject, positive, wide))


def _compile(node: dict[str, Any], context: Context) -> Expression:
    group = group_of(node)
    if group is None:
        leaf = registry.leaf_of(node)
        if leaf is None:
            raise InvalidCondition(node)
        return leaf.compile(node, context)
    if group == "not":
        return _compile_opposite(node["not"], context) if context.positive else Not(_compile(node["not"], context))
    parts = [_compile(child, context) for child in node[group]]
    return All(*parts) if group == "all" else Either(*parts)


def _compile_opposite(node: dict[str, Any], context: Context) -> Expression:
    """Where a node is false, as an expression whose truth alone matters: `not` is moved down to the leaves."""
    group = group_of(node)
    if group is None:
        leaf = registry.leaf_of(node)
        if leaf is None:
            raise InvalidCondition(node)
        return leaf.opposite(node, context)
    if group == "not":
        return _compile(node["not"], context)
    parts = [_compile_opposite(child, context) for child in node[group]]
    return Either(*parts) if group == "all" else All(*parts)


class InvalidCondition(Exception):
    """A condition that `validate` would have refused."""


def say(condition: dict[str, Any] | None, language: str = "en", names: Names | None = None) -> str:
    """Say a condition as a sentence, "en" or "de". names: of load_names(); short names are said without."""
    if not condition:
        return {"en": "everybody", "de": "alle"}[language]
    return _say(condition, language, names, top=True)


JOINERS = {
    "en": {"all": " and ", "any": " or ", "not": "not ({})"},
    "de": {"all": " und ", "any": " oder ", "not": "nicht ({})"},
}


def _say(node: dict[str, Any], language: str, names: Names | None, *, top: bool = False) -> str:
    group = group_of(node)
    if group is None:
        leaf = registry.leaf_of(node)
        return leaf.say(node, language, names) if leaf else show(node)
    if group == "not":
        leaf = registry.leaf_of(node["not"]) if group_of(node["not"]) is None else None
        if leaf:
            return leaf.say_not(node["not"], language, names)
        return JOINERS[language]["not"].format(_say(node["not"], language, names, top=True))
    text = JOINERS[language][group].join(_say(child, language, names) for child in node[group])
    return text if top or len(node[group]) == 1 else f"({text})"


def depends_on(condition: dict[str, Any] | None) -> Dependencies:
    """List what a condition reads."""
    found = Dependencies()
    for node in leaves_of(condition) if condition else ():
        leaf = registry.leaf_of(node)
        if leaf:
            found.merge(leaf.depends_on(node))
    return found


def explain(
    condition: dict[str, Any],
    *,
    contact_id: int,
    now: datetime,
    language: str = "en",
    names: Names | None = None,
    run: QuerySet[Any] | None = None,
) -> dict[str, Any]:
    """Say for one contact what is true: a tree of {group, sentence, truth, parts} and {leaf, sentence, truth, value, since}.

    run: the one enrollment of this contact, for what is said about a run (`since: entry`, its key); without it that is
    answered from the whole past of the person.
    truth: True, False, or None for unknown (a missing attribute, behaviour without profiling consent).
    since: when the truth or the value last changed, None where nobody knows.
    One statement, whatever the size of the condition. Raises Contact.DoesNotExist.
    """
    from contacts.profiles.models import Contact

    context = Context(now, CONTACT if run is None else RUN, positive=False)
    columns: dict[str, Expression] = {}
    for i, node in enumerate(leaves_of(condition)):
        leaf = registry.leaf_of(node)
        if leaf is None:
            raise InvalidCondition(node)
        columns[f"truth_{i}"] = leaf.compile(node, context)
        if (value := leaf.value(node, context)) is not None:
            columns[f"value_{i}"] = value
        if (since := leaf.since(node, context)) is not None:
            columns[f"since_{i}"] = since
    rows = Contact.objects.filter(pk=contact_id) if run is None else run.filter(contact_id=contact_id)
    row = rows.annotate(**columns).values(*columns).get()
    return _explained(condition, row, iter(range(len(columns))), language, names)


def _explained(
    node: dict[str, Any], row: dict[str, Any], numbers: Iterator[int], language: str, names: Names | None
) -> dict[str, Any]:
    group = group_of(node)
    if group is None:
        i = next(numbers)
        return {
            "leaf": node,
            "sentence": _say(node, language, names),
            "truth": row[f"truth_{i}"],
            "value": row.get(f"value_{i}"),
            "since": _instant(row.get(f"since_{i}")),
        }
    children = [node["not"]] if group == "not" else node[group]
    parts = [_explained(child, row, numbers, language, names) for child in children]
    sentence = _say(node, language, names, top=True)
    return {"group": group, "sentence": sentence, "truth": _joined(group, parts), "parts": parts}


def _joined(group: str, parts: list[dict[str, Any]]) -> bool | None:
    """The truth of a group: what decides it, else unknown when one part is, else the rest."""
    truths = [part["truth"] for part in parts]
    if group == "not":
        return None if truths[0] is None else not truths[0]
    decisive = group == "any"
    return decisive if decisive in truths else None if None in truths else not decisive


def _instant(found: Any) -> datetime | None:
    """An instant, also one that was kept as a text."""
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return None
    return found if isinstance(found, datetime) and found.tzinfo else None
