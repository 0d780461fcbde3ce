"""Promise B1: whatever happens in whatever order, nobody is written to who did not agree."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos import naive, scene
from tests.chaos.doing import Doing
from tests.chaos.invariants import Violation
from tests.chaos.machine import Histories

pytestmark = pytest.mark.django_db
RUNS = int(os.environ.get("CHAOS_RUNS", "60"))  # what a test run has time for; 300 in `make soak-small`
STEPS = int(os.environ.get("CHAOS_STEPS", "40"))
SHRINK = os.environ.get("CHAOS_SHRINK") != "0"
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PARTS = int(os.environ.get("CHAOS_PARTS", "4"))


def run(machine, *, runs, seed, steps=STEPS, shrink=SHRINK):
    """Run histories, write one line of JSON for each, and give the lines."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=runs, stateful_step_count=steps, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=True, report_multiple_bugs=False,
    )  # fmt: skip
    ready = type("Ready", (machine,), {"start": scene.build(), "tally": [], "seed": seed})
    ready._hypothesis_internal_use_seed = seed
    try:
        run_state_machine_as_test(ready, settings=chosen)
    finally:
        if path := os.environ.get("CHAOS_REPORT"):
            with Path(path).open("a") as out:
                out.writelines(json.dumps(line) + "\n" for line in ready.tally)
    return ready.tally


@pytest.fixture(autouse=True)
def provider(settings):
    settings.EMAIL_BACKEND = "tests.chaos.provider.Provider"


@pytest.mark.parametrize("part", range(PARTS))
def test_histories_never_call_without_consent(part):
    tally = run(Histories, runs=-(-RUNS // PARTS), seed=SEED * 1000 + part)
    assert sum(line["violations"] for line in tally) == 0
    if (
        len(tally) >= 50
    ):  # green means something: mails went out, and workers died, which of 75 histories may be in none
        assert sum(line["calls"] for line in tally) > 0
    if len(tally) >= 150:
        assert sum(line["points"].get("killed", 0) for line in tally) > 0


def test_histories_of_a_careless_delivery_find_what_it_does():
    machine = type("Careless", (Histories,), {"deliver": staticmethod(naive.deliver_what_was_planned)})
    with pytest.raises(Violation):
        run(machine, runs=200, seed=7, shrink=False)


def test_withdrawal_between_claim_and_call_is_noticed_where_nobody_asks_again():
    do = Doing(*scene.build(), deliver=naive.deliver_what_was_claimed)
    with pytest.raises(Violation, match="said no to email_marketing"):
        do.deliver(at="claimed", what=lambda: do.follow_link(do.people[0], scene.MARKETING, "one_click"))
