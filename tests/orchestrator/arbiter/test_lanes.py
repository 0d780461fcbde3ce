"""Two connections decide at once: the same verdicts, and no slot twice, also for two people with one address."""

from datetime import timedelta

import pytest
from django.db import transaction

from consent.models import Limit
from journeys.models import Touch
from orchestrator.arbiter import lanes
from orchestrator.arbiter.lanes import decide_all
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Verdict

from ..channels.conftest import NOW

PEOPLE = 40
ADDRESSES = [f"p{n // 2 if n < PEOPLE // 2 else n}@mail.example" for n in range(PEOPLE)]
OPEN = {"state": "proposed", "hold_until": NOW, "decided_at": None, "expires_at": NOW + timedelta(days=9)}


@pytest.fixture
def crowd(transactional_db, world, monkeypatch):
    """People with three open messages each, one a week is allowed; of the first half two and two have one address."""
    monkeypatch.setattr(lanes, "FIRST", 1)
    Limit.objects.create(slug="week", most=1, window=timedelta(days=7), overflow="drop", name_en="w", name_de="w")
    for n in range(PEOPLE):
        contact = world.person(f"P{n}", email=ADDRESSES[n])
        for key in "abc":
            world.touch(contact, key=key, **OPEN)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch", [7, 1000])
def test_decide_all_in_two_lanes_takes_no_slot_twice(crowd, settings, batch):
    settings.DECIDE_LANES = 2
    decided = decide_all(now=NOW, scope=EVERYBODY, batch=batch)
    assert sum(decided.values()) == 3 * PEOPLE == Verdict.objects.count()
    approved = Touch.objects.filter(state="approved").values_list("address", flat=True)
    assert sorted(approved) == sorted(set(ADDRESSES))
    assert decide_all(now=NOW, scope=EVERYBODY, batch=batch) == {}


@pytest.mark.django_db(transaction=True)
def test_decide_all_when_a_lane_fails_keeps_what_the_other_decided_and_says_so(crowd, settings, monkeypatch):
    settings.DECIDE_LANES = 2

    def broken(*, lane=(0, 1), **given):
        if lane == (1, 2):
            raise RuntimeError("lane broken")
        return decide_touches(lane=lane, **given)

    monkeypatch.setattr(lanes, "decide_touches", broken)
    with pytest.raises(RuntimeError, match="lane broken"):
        decide_all(now=NOW, scope=EVERYBODY, batch=1000)
    assert 0 < Verdict.objects.count() < 3 * PEOPLE
    monkeypatch.undo()
    decide_all(now=NOW, scope=EVERYBODY, batch=1000)
    assert Verdict.objects.count() == 3 * PEOPLE


@pytest.mark.django_db(transaction=True)
def test_decide_all_inside_a_transaction_has_one_lane(crowd, monkeypatch):
    used = []

    def noted(*, lane=(0, 1), **given):
        used.append(lane)
        return decide_touches(lane=lane, **given)

    monkeypatch.setattr(lanes, "decide_touches", noted)
    with transaction.atomic():
        assert sum(decide_all(now=NOW, scope=EVERYBODY, batch=1000).values()) == 3 * PEOPLE
    assert set(used) == {(0, 1)}
