"""Waiting at a send step for what becomes of the touch: the verdict, or the reaction of the person."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce, Least

from contacts.conditions.event_leaf import allowed
from contacts.conditions.expressions import All, Either, IsTrue
from contacts.conditions.language import RUN, compile_condition
from contacts.conditions.registry import Context
from contacts.conditions.rules import parse_duration
from contacts.profiles.queries import restricted
from journeys.steps.base import EXPIRES, NEXT, Route
from orchestrator.kernel import sql
from orchestrator.kernel.prepared import prepared
from orchestrator.kernel.scope import Scope, among

if TYPE_CHECKING:
    from journeys.definitions.models import Step

NEWS = "touch"  # of somebody who waits at a send step, when the state of the touch is final
WAIT_FOR = "3d"
LOCKED = " FOR UPDATE OF journeys_enrollment SKIP LOCKED"
# people of a holdout walk the same way as those who were sent something
HOLDOUT = Q(state="suppressed", reason="holdout")
ON_ITS_WAY = Q(state__in=("sending", "sent", "unknown")) | HOLDOUT
PASSED = Q(state="approved") | ON_ITS_WAY
STOPPED = Q(state__in=("suppressed", "expired", "failed")) & ~HOLDOUT
OPEN = Q(state__in=("proposed", "held"))


def waits(settings: dict[str, Any]) -> bool:
    """Whether people wait here for what becomes of their touch."""
    return settings.get("then", "move_on") != "move_on"


def reaction_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The reaction as a condition; an event counts from the arrival unless it says otherwise."""
    given = settings.get("reaction", "clicked")
    if isinstance(given, str):
        return {"touch": {"channel": settings.get("channel", "email")}, "state": given}
    if "event" in given and not {"within", "since", "since_step"} & set(given):
        return {**given, "since": "step"}
    found: dict[str, Any] = given
    return found


def touches_of(step: "Step") -> QuerySet[Any]:
    """The touch of this stay at the step; found by its key, for the person may have been moved to a newer version."""
    from journeys.enrollments.models import Touch

    return Touch.objects.filter(
        enrollment_id=OuterRef("pk"), step__key=step.key, proposed_at__gte=OuterRef("arrived_at")
    ).order_by()


def propose_and_hold(step: "Step", now: datetime, scope: Scope, batch: int) -> int:
    """Plan a touch for those who have just arrived, and let them wait; returns how many."""
    settings = step.settings
    expires = now + parse_duration(settings.get("expires", EXPIRES))
    until = expires
    if settings["then"] == "reaction":
        until = min(expires, now + parse_duration(settings.get("wait_for", WAIT_FOR)))
    due = prepared(("propose", step.pk, batch), now=now, scope=scope, build=partial(_arrived, step, batch))
    text, params = sql.fill(
        sql.statement("journeys/steps/sql/propose_and_hold.sql"),
        due=sql.Part(due.text + LOCKED, due.params),
        step=sql.value(step.pk),
        block=sql.value(settings["block_id"]),
        channel=sql.value(settings["channel"]),
        purpose=sql.value(settings["purpose"]),
        expires=sql.value(expires),
        until=sql.value(until),
        now=sql.value(now),
    )
    return sql.count(text, params)


def _arrived(step: "Step", batch: int, now: datetime, ids: list[int] | None) -> QuerySet[Any]:
    from journeys.enrollments.models import Enrollment

    runs = among(Enrollment.objects.filter(step=step, left_at=None, due_at__lte=now), "contact_id", ids)
    runs = runs.exclude(contact_id__in=restricted())
    runs = runs.filter(~Exists(touches_of(step))).order_by("due_at")
    found: QuerySet[Any] = runs[:batch].values_list("pk", "contact_id", "journey_id", "seq")
    return found


def moment(step: "Step", now: datetime) -> Expression:
    """Until when people wait whose time seems to be over: what is not sent yet may still be."""
    if step.settings["then"] == "verdict":
        longest = Case(When(OPEN, then=F("expires_at")), output_field=DateTimeField())
    else:
        span = parse_duration(step.settings.get("wait_for", WAIT_FOR))
        begun = Coalesce("sent_at", "called_at", "decided_at")
        # whatever is sent from now on has its reaction no earlier than that
        still = Least(Value(now + span, output_field=DateTimeField()), F("expires_at"))
        longest = Case(
            When(ON_ITS_WAY, then=begun + span), When(OPEN | PASSED, then=still), output_field=DateTimeField()
        )
    return Subquery(touches_of(step).annotate(longest=longest).values("longest")[:1])


def route(step: "Step", now: datetime) -> Route:
    """Where people go by what became of their touch."""
    touches = touches_of(step)
    stopped = Exists(touches.filter(STOPPED))
    if step.settings["then"] == "verdict":
        passed = Exists(touches.filter(PASSED))
        exit = Case(When(passed, then=Value(NEXT)), default=Value("not_sent"), output_field=CharField())
        return Route(exit=exit, early=Either(passed, stopped), early_exit=None, ready=Exists(touches))
    reacted = IsTrue(_reacted(step, touches, now))
    ways = [When(reacted, then=Value(NEXT)), When(Exists(touches.filter(ON_ITS_WAY)), then=Value("timeout"))]
    exit = Case(*ways, default=Value("not_sent"), output_field=CharField())
    return Route(exit=exit, early=Either(reacted, stopped), early_exit=None, ready=Exists(touches))


def _reacted(step: "Step", touches: QuerySet[Any], now: datetime) -> Expression:
    """Whether the person did what the step waits for; opens and clicks are those of this very touch, machines left out."""
    from journeys.enrollments.touch_leaf import TouchLeaf, told_by

    node = reaction_of(step.settings)
    if not isinstance(step.settings.get("reaction", "clicked"), str):
        return compile_condition(node, now=now, subject=RUN)
    context = Context(now, RUN)
    feedback = TouchLeaf().feedback(node, context)
    name = told_by(step.settings["channel"], node["state"])
    return All(allowed(name, context), Exists(touches.filter(Exists(feedback))))
