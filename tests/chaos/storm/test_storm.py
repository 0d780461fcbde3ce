"""Promises A1, A2, A4 to A7, A14: nothing lost, nothing doubled, what is missing is shown; each named point fires. Small here, full by `make storm`."""

import os

import pytest

from orchestrator.kernel.faults import POINTS
from tests.chaos.storm.driver import IN_DELIVERY, Storm
from tests.chaos.storm.oracle import STEPS, Mail, judge

FULL = os.environ.get("STORM") == "full"
PEOPLE = int(os.environ.get("STORM_PEOPLE", "3000"))
LARGE = {"people": PEOPLE, "workers": 6, "kills": 40, "restarts": 2, "lease": 30}
SIZES = LARGE if FULL else {"people": 60, "workers": 3, "restarts": 1}
SEEDS = range(1, 1 + int(os.environ.get("STORM_SEEDS", "1")))


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_loses_nothing_doubles_nothing_and_shows_what_is_in_doubt(seed, capsys):
    found = Storm(seed=seed, **SIZES).run()
    said = found.judgement
    with capsys.disabled():
        print(
            f"\nstorm {seed}: {found.runs} runs, {said.taken} of {said.expected} mails, {len(said.missing)} missing, {len(said.in_doubt)} in doubt, "
            f"{found.kills} random kills, {found.restarts} restarts, {found.woken} woken, fired {dict(found.fired)}, {found.seconds:.0f} s"
        )
    assert said.doubled == []
    assert said.strange == []
    assert said.lost == []
    assert len(said.in_doubt) >= len(said.missing)
    assert set(found.states) <= {"sent", "unknown"}
    assert sum(found.states.values()) == said.expected
    assert (found.runs * len(STEPS), found.twice) == (said.expected, 0)
    assert found.runs >= SIZES["people"]
    assert found.fired == {**{f"{point}:kill": 1 for point in POINTS}, **{f"{point}:stop": 1 for point in IN_DELIVERY}}
    assert found.woken == len(IN_DELIVERY)
    assert found.restarts == SIZES["restarts"]
    assert set(found.answers) == {202}
    assert len(found.answers) == 10 * found.reported
    assert found.bounces == found.reported


def test_judge_says_what_is_lost_doubled_and_strange():
    mails = [Mail("a@x", step) for step in STEPS]
    said = judge(
        ["a@x", "b@x"], [*mails, mails[0], Mail("c@x", "first"), Mail("b@x", "first")], [Mail("b@x", "second")]
    )
    assert (said.expected, said.doubled, said.strange) == (6, [Mail("a@x", "first")], [Mail("c@x", "first")])
    assert (said.missing, said.lost) == ([Mail("b@x", "second"), Mail("b@x", "third")], [Mail("b@x", "third")])
