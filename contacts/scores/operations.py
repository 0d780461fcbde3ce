"""Computes scores: one statement a score, and only what differs is written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Prefetch

from contacts.conditions.uses import Use
from contacts.scores import queries
from contacts.scores.models import Grade, Score, ScoreRule, ScoreValue
from contacts.scores.points import depends_of, events_without_guard, part_of
from contacts.scores.rules import is_due
from orchestrator.kernel import doorbell, known, planned, sql, statistics
from orchestrator.kernel.scope import Scope

GRADE_NEWS = "grade"  # the news after which a grade may have changed
MOST = 20_000  # people whose change is followed up one by one; for more of them the next step asks about everybody
TIME = Scope(timed=True, news=frozenset())
TABLES = known.watch("contacts_score", "contacts_scorerule")


class Changed(NamedTuple):
    """What changed: names of news ("score:slug", "grade"), and for whom (None: for more people than can be told)."""

    names: set[str]
    contacts: set[int] | None


class StillUsed(Exception):
    """Others name the score: it can neither be deleted nor switched off."""

    def __init__(self, users: list[Use]) -> None:
        super().__init__(", ".join(use.user for use in users))
        self.users = users


class Circle(Exception):
    """The rules of a score lead back to it."""

    def __init__(self, way: list[tuple[str, str]]) -> None:
        super().__init__(" → ".join(slug for _, slug in way))
        self.way = way


def active_scores() -> list[Score]:
    """Read the scores that are kept, with their rules; those that others name come first."""
    rules = Prefetch("rules", ScoreRule.objects.order_by("position", "id"))
    return known.kept("scores", TABLES, lambda: _in_order(Score.objects.filter(active=True).prefetch_related(rules)))


@sql.joined
def compute_scores(*, now: datetime, scope: Scope, scores: list[Score] | None = None) -> set[str]:
    """Write what each score that the scope concerns comes to.

    scores: of `active_scores`, when the caller has them already. A score that was never computed is computed as soon
    as the scope is everybody. Returns the names of news: "score:slug" for each whose value changed for somebody, and
    "grade".
    """
    concerned = [s for s in (active_scores() if scores is None else scores) if _concerns(s, now, scope)]
    known = events_without_guard() if concerned else set()
    return {name for score in concerned for name in _compute(score, known, now, scope).names}


@sql.joined
def compute_as_time_passes(*, score: Score, now: datetime) -> Changed:
    """Write what a score comes to for everybody, where time may have changed it: see `is_due`."""
    if not _concerns(score, now, TIME):
        return Changed(set(), set())
    return _compute(score, events_without_guard(), now, TIME)


@transaction.atomic
def save_score(*, score: Score, rules: Sequence[ScoreRule], now: datetime) -> Score:
    """Keep a score with its rules, in their order; the next look at everybody computes it anew.

    Rules that are saved already keep their ids, negative ids are new ones, those that are not given are taken away. A
    score that is off has no values. Raises StillUsed where one that others name is switched off, Circle where its rules lead back to it.
    """
    if way := queries.circle(score.slug, rules):
        raise Circle(way)
    if not score.active and score.pk:
        _let_go(score, now)
    score.computed_at = None
    score.save()
    score.rules.exclude(pk__in=[rule.pk for rule in rules if rule.pk]).delete()
    for position, rule in enumerate(rules):
        rule.score, rule.position = score, position
        rule.pk = rule.pk if rule.pk and rule.pk > 0 else None
        rule.save()
    return score


@transaction.atomic
def delete_score(*, slug: str, now: datetime) -> None:
    """Take a score away with its values. Raises StillUsed, Score.DoesNotExist."""
    score = Score.objects.select_for_update().get(slug=slug)
    _let_go(score, now)
    score.delete()


@transaction.atomic
def set_grades(*, bands: Mapping[str, Sequence[tuple[str, int]]], now: datetime) -> None:
    """Replace the bands of the grades: (label, least) by axis. Everybody with points is looked at again."""
    Grade.objects.all().delete()
    Grade.objects.bulk_create(
        Grade(axis=axis, label=label, least=least) for axis, rows in bands.items() for label, least in rows
    )
    _tell(None, now)


def _let_go(score: Score, now: datetime) -> None:
    """Take the values of a score away, where nobody names it."""
    if users := queries.users_of(score.slug):
        raise StillUsed(users)
    _tell(score, now)
    ScoreValue.objects.filter(score=score).delete()


def _tell(score: Score | None, now: datetime) -> None:
    """Put everybody whose grade may change on the list of the pulse; None: everybody."""
    text = sql.statement("contacts/scores/sql/tell.sql")
    if sql.count(text, {"score": score.pk if score else None, "name": GRADE_NEWS, "now": now}):
        doorbell.ring()


def _compute(score: Score, known: set[str], now: datetime, scope: Scope) -> Changed:
    rules = list(score.rules.all())
    if scope.contacts is None:
        sql.make_room()
    text, params = sql.fill(
        sql.statement("contacts/scores/sql/refresh.sql"),
        points=part_of(score, rules, known=known, now=now, scope=scope),
        score=sql.value(score.pk),
        now=sql.value(now),
        scope=sql.value(scope.ids()),
        most=sql.value(MOST),
    )
    ((n, contacts),) = planned.rows(text, params, scope=scope)
    if scope.contacts is None:
        score.computed_at = now
        Score.objects.filter(pk=score.pk).update(computed_at=now)
        statistics.refresh(("contacts_scorevalue",))  # segments look at what was just written
    return Changed({f"score:{score.slug}", GRADE_NEWS} if n else set(), set(contacts) if n <= MOST else None)


def _concerns(score: Score, now: datetime, scope: Scope) -> bool:
    """Whether a score may have changed in a scope: by news, by time, or because nobody computed it yet."""
    if scope.contacts is None and score.computed_at is None:
        return True
    depends = depends_of(score)
    if scope.timed:
        timed = bool(depends.events) or depends.timed or score.decay != Score.Decay.NONE
        return timed and is_due(score.computed_at, now=now, hourly=depends.timed)
    return scope.concerns(depends.news(), timed=False)


def _in_order(scores: Iterable[Score]) -> list[Score]:
    """Scores that others name come first; members of a circle keep their order."""
    waiting = {score.slug: score for score in scores}
    named = {score.slug: depends_of(score).others for score in waiting.values()}
    ordered: list[Score] = []
    while waiting:
        free = [s for s in waiting.values() if not any(f"score:{other}" in named[s.slug] for other in waiting)]
        for score in free or list(waiting.values()):
            ordered.append(score)
            del waiting[score.slug]
    return ordered
