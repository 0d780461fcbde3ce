"""Named points: each stands in the product once, fires once when armed, and is nothing otherwise."""

import os
import re
import signal
from types import SimpleNamespace

import pytest

from orchestrator.kernel import faults
from tests.conventions.tree import files


@pytest.fixture(autouse=True)
def disarmed():
    yield
    faults.arm("")


def test_each_point_stands_in_the_product_once():
    found = [name for path in files(".py") for name in re.findall(r'^\s+fault\("(\w+)"\)', path.read_text(), re.M)]
    assert sorted(found) == sorted(faults.POINTS)
    assert len(faults.POINTS) >= 12


def test_fault_fires_at_its_point_at_its_turn_once_and_is_counted(monkeypatch, tmp_path):
    counts = tmp_path / "counts"
    monkeypatch.setenv("FAULT_COUNT", str(counts))
    faults.arm("after_mark:exc:2")
    faults.fault("before_call")
    faults.fault("after_mark")
    with pytest.raises(faults.Fault):
        faults.fault("after_mark")
    faults.fault("after_mark")
    assert counts.read_text() == "after_mark:exc\n"


def test_fault_sleeps_stops_and_kills(monkeypatch):
    slept, killed = [], []  # here alone: threads of others sleep as well
    system = {"environ": os.environ, "getpid": os.getpid, "kill": lambda *given: killed.append(given)}
    monkeypatch.setattr(faults, "time", SimpleNamespace(sleep=slept.append))
    monkeypatch.setattr(faults, "os", SimpleNamespace(**system))
    faults.arm("erase:sleep")
    faults.fault("erase")
    faults.arm("merge:kill")
    faults.fault("merge")
    faults.arm("after_accept:stop")
    faults.fault("after_accept")
    assert slept == [faults.SLEEP_SECONDS]
    assert killed == [(os.getpid(), signal.SIGKILL), (os.getpid(), signal.SIGSTOP)]


@pytest.mark.parametrize("given", ["nowhere:kill", "merge", "merge:explode", "merge:kill:x", "merge:kill:1:2"])
def test_arm_with_what_it_does_not_know_is_refused(given):
    with pytest.raises(faults.UnknownPoint):
        faults.arm(given)
