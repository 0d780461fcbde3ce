"""Reads of scores: how they spread, the grid, one person's, and what a draft would give."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count

from contacts.conditions.rules import Dependencies
from contacts.conditions.uses import Use, load_uses, named_by
from contacts.profiles.models import Contact
from contacts.scores import rules
from contacts.scores.models import Grade, Score, ScoreRule, ScoreValue
from contacts.scores.points import events_without_guard, part_of, reads
from orchestrator.kernel import sql
from orchestrator.kernel.scope import Scope

PAGE_SIZE = 50
LOOKED_AT = 100  # people of each kind among whom the shown ones are chosen
SHOWN = 10
Bands = dict[str, list[tuple[str, int]]]


class Shown(NamedTuple):
    """What a draft gives one person."""

    contact: Contact
    result: rules.Result


def spread() -> dict[int, dict[int, int]]:
    """Count the people of each score by value: score id -> value -> people."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for score, value, n in ScoreValue.objects.order_by().values_list("score", "value").annotate(n=Count("id")):
        found[score][value] = n
    return found


def bands() -> Bands:
    """Read the bands of the grades by axis, the highest first; an axis without bands is empty."""
    found: Bands = {axis: [] for axis in rules.DEFAULT_BANDS}
    for axis, label, least in Grade.objects.order_by("axis", "-least").values_list("axis", "label", "least"):
        found[axis].append((label, least))
    return found


def grid(given: Bands) -> dict[str, int]:
    """Count people by cell of the grid; who has no points at all is in none."""
    found: dict[str, int] = defaultdict(int)
    for fit, engagement, people in sql.rows(sql.statement("contacts/scores/sql/grid.sql")):
        found[rules.grade_of(fit, engagement, given)] += people
    return found


def people_with_points() -> int:
    """Count the people who have a row in some active score."""
    return sum(n for _fit, _engagement, n in sql.rows(sql.statement("contacts/scores/sql/grid.sql")))


def people_in(fit: tuple[int, int], engagement: tuple[int, int], *, page: int) -> tuple[list[dict[str, Any]], bool]:
    """Read one page (from 0) of the people of a cell, the highest first, and whether more follow."""
    given = {
        "fit_least": fit[0],
        "fit_most": fit[1],
        "engagement_least": engagement[0],
        "engagement_most": engagement[1],
    }
    found = sql.rows(
        sql.statement("contacts/scores/sql/people.sql"), given | {"most": PAGE_SIZE + 1, "skip": page * PAGE_SIZE}
    )
    shown = found[:PAGE_SIZE]
    people = Contact.objects.select_related("account", "stage").in_bulk([contact for contact, _, _ in shown])
    rows = [{"contact": people[pk], "fit": fit, "engagement": active} for pk, fit, active in shown if pk in people]
    return rows, len(found) > PAGE_SIZE


def values_of(contact_id: int) -> list[ScoreValue]:
    """Read what the active scores came to for a person, with their rules."""
    rows = ScoreValue.objects.filter(contact_id=contact_id, score__active=True).select_related("score")
    return list(rows.prefetch_related("score__rules").order_by("score__axis", "score__slug"))


def grade_of(values: Iterable[ScoreValue], given: Bands) -> str:
    """The cell of a person: the highest of each axis decides."""
    highest = {"fit": 0, "engagement": 0}
    for row in values:
        highest[row.score.axis] = max(highest[row.score.axis], row.value)
    return rules.grade_of(highest["fit"], highest["engagement"], given)


def draft_result(
    score: Score, given: Sequence[ScoreRule], *, contact_ids: Sequence[int], now: datetime
) -> dict[int, rules.Result]:
    """Compute what rules, saved or not, give some people; everybody has a result."""
    points: dict[int, list[rules.Factor]] = {pk: [] for pk in contact_ids}
    if contact_ids:
        part = part_of(
            score, given, known=events_without_guard(), now=now, scope=Scope(contacts=tuple(sorted(contact_ids)))
        )
        text, params = sql.fill(sql.statement("contacts/scores/sql/preview.sql"), points=part)
        for contact, rule, got, n in sql.rows(text, params):
            points[contact].append(rules.Factor(rule, Decimal(got), n))
    return {pk: rules.result_of(rows) for pk, rows in points.items()}


def preview(score: Score, given: Sequence[ScoreRule], *, now: datetime) -> tuple[list[Shown], int]:
    """Show a draft with ten people, from the highest to the lowest of those looked at; also how many those were."""
    depends = Dependencies()
    for rule in given:
        depends.merge(reads(rule))
    found = sql.rows(
        sql.statement("contacts/scores/sql/candidates.sql"),
        {"names": sorted(depends.events), "now": now, "most": LOOKED_AT},
    )
    ids = [pk for (pk,) in found]
    results = draft_result(score, given, contact_ids=ids, now=now)
    ranked = sorted(ids, key=lambda pk: (-results[pk].value, pk))
    last = len(ranked) - 1
    places = sorted({round(i * last / (SHOWN - 1)) for i in range(SHOWN)}) if ranked else []
    people = Contact.objects.in_bulk([ranked[i] for i in places])
    return [Shown(people[ranked[i]], results[ranked[i]]) for i in places if ranked[i] in people], len(ids)


def users_of(slug: str) -> list[Use]:
    """List what names a score, or a grade when no other score would be left on its axis."""
    return users_among(load_uses(), slug, needed_by_grades())


def users_among(uses: Iterable[Use], slug: str, needed: Collection[str]) -> list[Use]:
    """The same among uses of load_uses(). needed: of needed_by_grades()."""
    graded = slug in needed
    return [use for use in uses if (use.kind, use.slug) == ("score", slug) or (graded and use.kind == "grade")]


def needed_by_grades() -> set[str]:
    """The scores that are the only active one of their axis: without one a grade says nothing."""
    axes: dict[str, list[str]] = defaultdict(list)
    for axis, slug in Score.objects.filter(active=True).values_list("axis", "slug"):
        axes[axis].append(slug)
    return {slugs[0] for slugs in axes.values() if len(slugs) == 1}


def read_by_grades() -> set[tuple[str, str]]:
    """What every grade is made of: ("score", short name) of the active scores of both axes."""
    return {("score", slug) for slug in Score.objects.filter(active=True).values_list("slug", flat=True)}


def circle(slug: str, given: Sequence[ScoreRule]) -> list[tuple[str, str]]:
    """The way on which the rules of a draft lead back to their score; empty when there is none."""
    names: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for use in load_uses():
        names[use.room, use.user].add((use.kind, use.slug))
    names["score", slug] = {named for rule in given for named in named_by(rule.condition or rule.event)}
    made_of = read_by_grades() | {("score", slug)}
    names |= {named: made_of for found in [*names.values()] for named in found if named[0] == "grade"}
    return rules.circle(slug, names)
