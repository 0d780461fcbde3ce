"""What a verdict has stored decides the same again, in all of many random decisions of the real statement."""

import os
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from journeys.models import Touch
from orchestrator.arbiter.operations import decide_touches
from orchestrator.kernel.scope import Scope
from orchestrator.models import Verdict
from reporting.explain.replay import REASONS, Incomplete, UnknownReason, deciding_limit, known, replayed, stopping

from .crowd import NOW, Crowd

DECISIONS = int(os.environ.get("REPLAYED_DECISIONS", "1500"))  # 10,000 for the promise


@pytest.mark.django_db
def test_replayed_gives_the_stored_reason_of_every_random_decision():
    crowd = Crowd(people=DECISIONS // 4)
    crowd.propose(least=DECISIONS * 3 // 2)
    at = NOW
    while Verdict.objects.count() < DECISIONS:
        decide_touches(now=at, scope=Scope(), batch=10 * DECISIONS)
        at += timedelta(hours=7)
        held = Touch.objects.filter(state="held").order_by("pk").values_list("pk", flat=True)
        Touch.objects.filter(state="held", pk__in=list(held[::2])).update(hold_until=at)
    verdicts = list(Verdict.objects.all())
    assert len(verdicts) >= DECISIONS
    different = [(v.reason, replayed(v.gates, v.at), v.gates) for v in verdicts if replayed(v.gates, v.at) != v.reason]
    assert different == []
    assert all(stopping(v.gates, v.at)[:1] == ([v.reason] if v.reason else []) for v in verdicts)
    found = Counter("cap_" if v.reason.startswith("cap_") else v.reason for v in verdicts)
    assert set(found) >= REASONS | {"", "cap_"}, found


GATES = {
    "journey": {"state": "live", "left": "", "expires_at": "2026-11-24T08:00:00+00:00", "merged": False},
    "address": {"known": True, "suppression": None},
    "consent": {"purpose": "email_marketing", "needed": True, "granted": True, "against": ""},
    "holdout": {"arm": "", "group": None},
    "sales": {"handover": None},
    "rest": {"goal": None, "until": None, "paused_until": None},
    "quiet_hours": {"zone": "Europe/Berlin", "until": None},
    "caps": [],
}
QUIET = {"quiet_hours": {"until": "2026-11-19T07:00:00+00:00"}}
FULL = {
    "limit": "week",
    "used": 2,
    "most": 2,
    "free_at": "2026-11-25T07:00:00+00:00",
    "overflow": "hold",
    "at_now": False,
}


def test_replayed_of_open_gates_is_approved():
    assert replayed(GATES, NOW) == ""
    assert stopping(GATES, NOW) == []


def test_stopping_names_what_would_stop_it_next():
    gates = GATES | QUIET | {"sales": {"handover": 3}, "consent": GATES["consent"] | {"against": "no_consent"}}
    assert stopping(gates, NOW) == ["no_consent", "sales_conversation", "quiet_hours"]


def test_replayed_leaves_marketing_rules_out_where_a_contract_needs_the_message():
    served = GATES["consent"] | {"needed": False}
    address = {"known": True, "suppression": "complained"}
    assert replayed(GATES | QUIET | {"consent": served, "address": address}, NOW) == ""
    assert (
        replayed(GATES | {"consent": served, "address": address | {"suppression": "bounced"}}, NOW) == "address_bounced"
    )


@pytest.mark.parametrize("hour", [0, -1])
def test_replayed_goes_by_the_time_of_the_verdict(hour):
    paused = {"rest": {"goal": None, "paused_until": (NOW + timedelta(hours=hour)).isoformat()}}
    assert replayed(GATES | paused, NOW) == ""
    assert replayed(GATES | paused, NOW - timedelta(hours=2)) == "paused_by_person"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}], "cap_week"),
        ([{"at_now": True}], "outranked"),
        ([{"at_now": True, "overflow": "drop"}], "cap_week"),
        ([{"used": 1}], "slot_reserved"),
        ([{"used": 1}, {"limit": "month"}], "cap_month"),
        ([{}, {"limit": "month", "overflow": "drop", "free_at": "2026-11-20T07:00:00+00:00"}], "cap_month"),
        ([{}, {"limit": "month", "free_at": "2026-11-26T07:00:00+00:00"}], "cap_month"),
        ([{}, {"limit": "month", "free_at": None}], "cap_month"),
        ([{}, {"limit": "a"}], "cap_a"),
    ],
)
def test_replayed_by_the_limit_that_speaks_for_all(changes, expected):
    caps = [FULL | change for change in changes]
    assert replayed(GATES | {"caps": caps}, NOW) == expected
    assert replayed(GATES | {"caps": caps[::-1]}, NOW) == expected
    assert deciding_limit([]) is None


@pytest.mark.parametrize("key", sorted(GATES))
def test_replayed_without_a_gate_says_so(key):
    with pytest.raises(Incomplete):
        replayed({name: facts for name, facts in GATES.items() if name != key}, NOW)


def test_replayed_of_a_verdict_given_while_claiming_says_so():
    with pytest.raises(Incomplete):
        replayed({"moment": "claim", **GATES}, NOW)


def test_known_fails_for_a_reason_that_no_rule_gives():
    with pytest.raises(UnknownReason):
        known("moon_is_full")
    assert [known(reason) for reason in (*REASONS, "", "cap_week")] == [*REASONS, "", "cap_week"]


def test_rules_know_every_reason_of_the_statement():
    """A gate that is added to decide.sql and not to RULES fails here, before any verdict has it."""
    text = Path("orchestrator/arbiter/sql/decide.sql").read_text()
    said = set(re.findall(r"(?:THEN|ELSE) '([a-z_]+)'", text.split("gated AS")[1].split("ask AS")[0]))
    said |= set(re.findall(r"THEN '([a-z_]+)'", text.split("judged AS")[1].split("ruled AS")[0]))
    assert {known(reason) for reason in said - {"cap_"}} == said - {"cap_"}
    assert len(said) > 12
