"""When people who arrive at a step move on, as parameters of a statement."""

from datetime import timedelta
from functools import lru_cache

from journeys.definitions.models import Step
from journeys.steps.registry import kind_of
from orchestrator.kernel import sql


def stay_at(step: Step) -> timedelta:
    """The wait at a step for people who arrive; moments of their own are settled by the step, see `Kind.beforehand`."""
    return kind_of(step.kind).arrival(step.settings).after


def ways(step: Step) -> dict[str, sql.Part]:
    """The ways out of a step, with the wait at each target."""
    spans = _spans(frozenset(step.exits.values()))
    return {
        "exits": sql.value(list(step.exits)),
        "targets": sql.value(list(step.exits.values())),
        "spans": sql.value([spans[target] for target in step.exits.values()]),
    }


@lru_cache(maxsize=20_000)  # published steps never change
def _spans(targets: frozenset[int]) -> dict[int, timedelta]:
    return {step.pk: stay_at(step) for step in Step.objects.filter(pk__in=targets)}
