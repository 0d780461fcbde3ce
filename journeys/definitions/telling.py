"""How long it takes to explain a journey to a colleague: a number with its reasons."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.conditions.rules import leaves_of
from journeys.definitions.ways import conditions_in, depth, step_targets
from journeys.steps.registry import kind_names

STEP_SECONDS, DECISION_SECONDS, LEAF_SECONDS, LEVEL_SECONDS = 5, 10, 4, 15
MOST_MINUTES = 3
EASY_LEAVES, EASY_DEPTH = 2, 2  # a condition of two parts, a decision after a decision: said in one breath


class Telling(NamedTuple):
    """minutes: at least 1. sentence: for the page. reasons: what makes it long, the largest first."""

    minutes: int
    sentence: str
    reasons: list[str]


def telling(definition: Mapping[str, Any]) -> Telling:
    """Say how long it takes to explain a journey: `9 steps, 2 decisions: explained in about a minute.`

    Counted: 5 s a step, 10 s a decision, 4 s a part of a condition beyond two, 15 s a level of decisions beyond two.
    """
    steps = [step for step in definition.get("steps") or [] if step.get("kind") in kind_names()]
    graph = {key: [to for to in ways.values() if to] for key, ways in step_targets(steps).items()} if steps else {}
    decisions = sum(len(set(ways)) > 1 for ways in graph.values())
    levels = depth(steps[0]["key"], graph) if steps else 0
    parts = [len(list(leaves_of(one))) for _step, one in conditions_in(definition)]
    long_conditions = sum(n > EASY_LEAVES for n in parts)
    costs = [
        (STEP_SECONDS * len(steps), ngettext("%(n)s step", "%(n)s steps", len(steps)) % {"n": len(steps)}),
        (
            DECISION_SECONDS * decisions,
            ngettext("%(n)s decision", "%(n)s decisions", decisions) % {"n": decisions},
        ),
        (
            LEAF_SECONDS * sum(max(0, n - EASY_LEAVES) for n in parts),
            ngettext("%(n)s condition of many parts", "%(n)s conditions of many parts", long_conditions)
            % {"n": long_conditions},
        ),
        (
            LEVEL_SECONDS * max(0, levels - EASY_DEPTH),
            _("decisions after decisions, %(n)s deep") % {"n": levels},
        ),
    ]
    minutes = max(1, round(sum(seconds for seconds, _text in costs) / 60))
    ends = ngettext("explained in about a minute", "explained in about %(n)s minutes", minutes) % {"n": minutes}
    said = [text for seconds, text in costs if seconds]
    reasons = [text for seconds, text in sorted(costs, key=lambda cost: -cost[0]) if seconds]
    return Telling(minutes, f"{', '.join(said)}: {ends}.", reasons)
