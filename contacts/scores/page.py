"""Puts the pages of scores together: plain values for their templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.conditions.language import say
from contacts.conditions.names import Names, load_names
from contacts.conditions.uses import ROOMS, Use, load_uses
from contacts.profiles.models import Contact
from contacts.scores import queries, rules
from contacts.scores.figures import histogram
from contacts.scores.models import Score, ScoreRule, ScoreValue
from contacts.scores.points import AWARDED
from orchestrator.kernel.fields import translated

TONES = ((75, "green"), (50, "blue"), (25, "amber"), (0, "grey"))
FACTORS = 5  # shown beside a value
GIVEN = ScoreRule(name_en="Given by journeys", name_de="Von Journeys vergeben", event={})


def language() -> str:
    """The language of the page."""
    return (get_language() or "en")[:2]


def score_list() -> dict[str, Any]:
    """Collect the page of all scores: how each spreads, who uses it, and the grid."""
    spread, names = queries.spread(), load_names()
    uses, needed = load_uses(), queries.needed_by_grades()
    scores = list(Score.objects.order_by("axis", "slug").prefetch_related("rules"))
    given = queries.bands()
    return {
        "rows": [
            _row(score, spread.get(score.pk, {}), queries.users_among(uses, score.slug, needed), names)
            for score in scores
        ],
        "grid": _grid(given, queries.grid(given) if all(given.values()) else {}),
        "without": max(0, Contact.objects.count() - queries.people_with_points()) if scores else 0,
    }


def _row(score: Score, values: dict[int, int], users: Sequence[Use], names: Names) -> dict[str, Any]:
    return {
        "slug": score.slug,
        "name": score.name,
        "axis": score.get_axis_display(),
        "active": score.active,
        "computed_at": score.computed_at,
        "decay": say_decay(score),
        "rules": [say_rule(rule, names) for rule in score.rules.all()],
        "people": sum(n for value, n in values.items() if value),
        "figure_id": f"spread-{score.slug}",
        "figure": histogram(rules.bins({v: n for v, n in values.items() if v})),
        "users": say_users(users),
    }


def say_users(uses: Sequence[Use]) -> list[str]:
    """Who names a score, each once: `segment “Hot leads”`."""
    here = language()
    return list(dict.fromkeys(f"{ROOMS[use.room][here]} “{translated(dict(use.name))}”" for use in uses))


def say_way(way: Sequence[tuple[str, str]]) -> str:
    """A way through definitions in short names."""
    return " → ".join(slug for _kind, slug in way)


def say_decay(score: Score) -> str:
    """What becomes of points of events."""
    if score.decay == Score.Decay.LINEAR:
        return _("nothing is left after %(days)s days") % {"days": score.decay_days}
    if score.decay == Score.Decay.HALF_LIFE:
        return _("half is left after %(days)s days") % {"days": score.decay_days}
    return _("no decay")


def say_rule(rule: ScoreRule, names: Names) -> dict[str, str]:
    """A rule in words: its name, its points, and what they are for."""
    what = say(rule.event or rule.condition, language(), names)
    if rule.event:
        what = _("for each event %(event)s") % {"event": what}
    if rule.most_a_day:
        what = _("%(what)s, at most %(most)s a day") % {"what": what, "most": rule.most_a_day}
    return {"name": rule.name, "points": rules.say_points(rule.points, language()), "what": what}


def _grid(given: queries.Bands, people: Mapping[str, int]) -> dict[str, Any]:
    most = max(people.values(), default=0)
    cells = [
        {
            "fit": fit,
            "from": least,
            "cells": [
                {
                    "grade": fit + active,
                    "people": people.get(fit + active, 0),
                    "heat": _heat(people.get(fit + active, 0), most),
                }
                for active, _least in given["engagement"]
            ],
        }
        for fit, least in given["fit"]
    ]
    return {"rows": cells, "columns": given["engagement"], "ready": all(given.values())}


def _heat(people: int, most: int) -> int:
    """How dark a cell is, 0 to 4."""
    return 0 if not people else 1 + min(3, people * 4 // (most + 1))


def cell_people(grade: str, page: int) -> dict[str, Any] | None:
    """Collect the people of a cell, None for one that is not on the grid."""
    given = queries.bands()
    cell = next(
        ((fit, active) for fit, _f in given["fit"] for active, _a in given["engagement"] if fit + active == grade), None
    )
    if cell is None:
        return None
    fit, active = rules.grade_span(cell[0], given["fit"]), rules.grade_span(cell[1], given["engagement"])
    rows, more = queries.people_in(fit, active, page=page)
    return {
        "grade": grade, "fit": fit, "engagement": active, "rows": rows,
        "page": page, "earlier": page - 1 if page else None, "later": page + 1 if more else None,
        "nothing_fits": fit[0] == 0 and active[0] == 0,
    }  # fmt: skip


def draft_page(score: Score, given: Sequence[ScoreRule], *, person: Contact | None, now: datetime) -> dict[str, Any]:
    """Show what a draft gives ten people, and one person who was asked for."""
    shown, looked_at = queries.preview(score, given, now=now)
    by_id = {AWARDED: GIVEN, **{rule.pk: rule for rule in given}}
    tried = None
    if person is not None:
        result = queries.draft_result(score, given, contact_ids=[person.pk], now=now)[person.pk]
        tried = _shown(person, result, by_id)
    return {
        "shown": [_shown(contact, result, by_id) for contact, result in shown],
        "looked_at": looked_at,
        "tried": tried,
    }


def _shown(contact: Contact, result: rules.Result, by_id: Mapping[int, ScoreRule]) -> dict[str, Any]:
    factors = [(by_id[f.rule], f.points, f.n) for f in result.factors]
    return {
        "id": contact.pk,
        "name": contact.name,
        "value": result.value,
        "tone": _tone(result.value),
        "factors": [_factor(*factor) for factor in factors[:FACTORS]],
    }


def _factor(rule: ScoreRule, points: Any, n: int) -> dict[str, Any]:
    return {
        "text": rules.say_factor(rule.name, n, counted=rule.event is not None, language=language()),
        "points": rules.say_points(points, language()),
        "down": points < 0,
    }


def card(contact_id: int) -> dict[str, Any] | None:
    """Collect the card of a person: each score with its top factors, and the grade; None when there are no scores."""
    scores = list(Score.objects.filter(active=True).order_by("axis", "slug"))
    if not scores:
        return None
    values = queries.values_of(contact_id)
    by_score = {row.score_id: row for row in values}
    return {
        "grade": queries.grade_of(values, queries.bands()),
        "rows": [_card_row(score, by_score.get(score.pk)) for score in scores],
    }


def _card_row(score: Score, row: ScoreValue | None) -> dict[str, Any]:
    by_id = {AWARDED: GIVEN, **({rule.pk: rule for rule in row.score.rules.all()} if row else {})}
    factors = [(by_id[f["rule"]], f["points"], f["n"]) for f in (row.factors if row else []) if f["rule"] in by_id]
    value = row.value if row else 0
    return {
        "slug": score.slug,
        "name": score.name,
        "axis": score.get_axis_display(),
        "value": value,
        "tone": _tone(value),
        "since": row.since if row else None,
        "factors": [_factor(*factor) for factor in factors[:FACTORS]],
        "more": max(0, len(factors) - FACTORS),
    }


def _tone(value: int) -> str:
    return next(tone for least, tone in TONES if value >= least)
