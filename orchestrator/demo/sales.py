"""The demo's sales person: answers the leads that marketing hands over, in business hours, and tells how it ended."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User

from contacts.handover import operations
from contacts.handover.models import Handover
from contacts.handover.rules import MOVES, Action, business_due

ANSWERS = ((Action.ACCEPT, 70), (Action.REJECT, 20), (Action.RECYCLE, 10))
ENDINGS = ((Action.WIN, 35), (Action.LOSE, 48), (Action.RECYCLE, 17))
LATE = 0.1  # of the answers
# from so many leads in a state on the live sales person gets to work: first those that wait
ENOUGH = ((Handover.State.WAITING, 4), (Handover.State.ACCEPTED, 8))


@dataclass(frozen=True)
class Plan:
    """What becomes of one lead: the answer and when, and how a conversation ends and when."""

    answer: Action
    answer_at: datetime
    ending: Action
    ends_at: datetime
    value: Decimal


def plan(handover: Handover, *, seed: int) -> Plan:
    """Decide what becomes of a lead: the same seed, person and time give the same."""
    dice = random.Random(f"{seed}:sales:{handover.contact.external_id}:{handover.created_at.isoformat()}")
    hours = dice.uniform(5, 9) if dice.random() < LATE else dice.uniform(0.4, 3.8)
    answer_at = business_due(handover.created_at, timedelta(hours=hours), settings.TEAM_TIME_ZONE)
    talk = timedelta(hours=dice.uniform(24, 88))  # three to eleven working days
    return Plan(
        answer=_one(dice, ANSWERS),
        answer_at=answer_at,
        ending=_one(dice, ENDINGS),
        ends_at=business_due(answer_at, talk, settings.TEAM_TIME_ZONE),
        value=Decimal(dice.randrange(14, 190) * 100),
    )


class SalesDesk:
    """Works through the queue of leads as one user."""

    def __init__(self, *, seed: int, owner: User) -> None:
        self.seed = seed
        self.owner = owner

    def work(self, until: datetime, *, later: Collection[int]) -> list[tuple[int, datetime, Action, Decimal]]:
        """Do in the past what was planned until a time; returns contact, time, action and value of each.

        later: contacts whose leads are left for the living.
        """
        done = []
        leads = Handover.objects.filter(state__in=Handover.OPEN).exclude(contact_id__in=later).order_by("id")
        for handover in list(leads.select_related("contact")):
            decided = plan(handover, seed=self.seed)
            for action, at in self._open_acts(handover, decided):
                if at <= until:
                    self.do(handover, action, decided, at)
                    done.append((handover.contact_id, at, action, decided.value))
        return done

    def _open_acts(self, handover: Handover, decided: Plan) -> Iterator[tuple[Action, datetime]]:
        if handover.state == Handover.State.WAITING:
            yield decided.answer, decided.answer_at
        if handover.state == Handover.State.ACCEPTED or decided.answer is Action.ACCEPT:
            yield decided.ending, decided.ends_at

    def look(self, *, now: datetime) -> Action | None:
        """Do one thing in the live demo: answer the most urgent lead, or end the oldest conversation."""
        for state, enough in ENOUGH:
            leads = list(Handover.objects.filter(state=state).select_related("contact").order_by("due_at", "id"))
            if len(leads) >= enough:
                decided = plan(leads[0], seed=self.seed)
                action = decided.answer if state == Handover.State.WAITING else decided.ending
                try:
                    self.do(leads[0], action, decided, now)
                except operations.AlreadyMoved:  # a person at the screen was faster
                    return None
                return action
        return None

    def do(self, handover: Handover, action: Action, decided: Plan, at: datetime) -> None:
        """Answer or end, and move the person's stage as sales does it."""
        reasons = MOVES[action].reasons
        reason = random.Random(f"{self.seed}:reason:{handover.pk}").choice(reasons) if reasons else ""
        lead, by = handover.pk, self.owner.get_full_name()
        if action is Action.ACCEPT:
            operations.accept(handover_id=lead, owner=self.owner, by=by, now=at)
        elif action is Action.WIN:
            operations.win(handover_id=lead, value=decided.value, currency="EUR", by=by, now=at)
        elif action is Action.LOSE:
            operations.lose(handover_id=lead, reason=reason, by=by, now=at)
        elif action is Action.REJECT:
            operations.reject(handover_id=lead, reason=reason, by=by, now=at)
        else:
            operations.recycle(handover_id=lead, reason=reason, by=by, now=at)


def _one(dice: random.Random, weights: tuple[tuple[Action, int], ...]) -> Action:
    return dice.choices([action for action, _ in weights], [weight for _, weight in weights])[0]
