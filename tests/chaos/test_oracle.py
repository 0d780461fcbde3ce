"""The oracle itself: it imports nothing of the product, only adds to its list, and says no where the rules say no."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos import oracle as module
from tests.chaos.oracle import Level, Oracle

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ANNA, BEN, VISITOR = 1, 2, 3
STANDARD = {"__future__", "copy", "dataclasses", "datetime", "enum", "typing"}


@pytest.fixture
def oracle():
    one = Oracle()
    one.heard(NOW, "purpose", slug="news", enforcement="opt_in", channel="email")
    one.heard(NOW, "purpose", slug="tips", enforcement="opt_in", parent="news")
    one.heard(NOW, "purpose", slug="partners", enforcement="opt_out")
    one.heard(NOW, "purpose", slug="orders", enforcement="none")
    for who, address in ((ANNA, "a@x.example"), (BEN, "b@x.example")):
        one.heard(NOW, "person", who, address=address)
    one.heard(NOW, "person", VISITOR, address="", named=False)
    return one


def agree(oracle, who, purpose="news", level=Level.YES, **more):
    oracle.heard(NOW, "said", who, purpose=purpose, level=level, **more)


def against(oracle, who=ANNA, address="a@x.example", purpose="news", channel="email"):
    return oracle.against(who, address, channel, purpose)


def test_oracle_imports_nothing_of_the_product():
    tree = ast.parse(Path(module.__file__).read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0] if not node.level else "tests")
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in {"__import__", "import_module", "exec", "eval"}
    assert found <= STANDARD


def test_against_without_a_word_says_so(oracle):
    assert against(oracle) == ["never agreed to news"]
    assert against(oracle, purpose="partners") == []
    assert against(oracle, purpose="orders") == []
    assert against(oracle, purpose="nothing") == ["nothing is no purpose"]


def test_against_with_consent_is_empty_until_it_is_taken_back(oracle):
    agree(oracle, ANNA)
    assert against(oracle) == []
    assert against(oracle, address="other@x.example") != []
    assert against(oracle, channel="sms") == ["news is not for sms"]
    agree(oracle, ANNA, level=Level.NO)
    assert against(oracle) == ["said no to news"]


def test_against_without_proof_is_no_consent(oracle):
    agree(oracle, ANNA, proven=False)
    assert against(oracle) == ["never agreed to news"]


def test_against_older_word_does_not_count(oracle):
    agree(oracle, ANNA, level=Level.NO)
    agree(oracle, ANNA, said_at=NOW - timedelta(days=1))
    assert against(oracle) == ["said no to news"]


def test_against_topic_needs_its_parent_too(oracle):
    agree(oracle, ANNA, "tips")
    assert against(oracle, purpose="tips") == ["never agreed to news"]
    agree(oracle, ANNA)
    assert against(oracle, purpose="tips") == []
    oracle.heard(NOW, "purpose", slug="news", active=False)
    assert against(oracle, purpose="tips") == ["news is off"]


def test_against_existing_customer_as_long_as_the_purpose_allows_it(oracle):
    agree(oracle, ANNA, level=Level.CUSTOMER)
    assert against(oracle) == ["news is not for existing customers"]
    oracle.heard(NOW, "purpose", slug="news", customers=True)
    assert against(oracle) == []


@pytest.mark.parametrize(
    ("reason", "contract"), [("bounced", False), ("blocked", False), ("complained", True), ("objected", True)]
)
def test_against_stopped_address(oracle, reason, contract):
    agree(oracle, ANNA)
    oracle.heard(NOW, "suppressed", channel="email", address="a@x.example", reason=reason)
    assert against(oracle) == [f"a@x.example is {reason}"]
    assert (against(oracle, purpose="orders") == []) is contract


def test_against_restricted_objected_and_erased(oracle):
    agree(oracle, ANNA)
    oracle.heard(NOW, "restricted", ANNA, on=True)
    assert against(oracle) == ["the person is restricted"]
    assert against(oracle, purpose="orders") == []
    oracle.heard(NOW, "restricted", ANNA, on=False)
    assert against(oracle) == []
    oracle.heard(NOW, "objected", ANNA)
    assert against(oracle) == ["a@x.example is objected", "said no to news"]
    assert against(oracle, purpose="partners") == ["a@x.example is objected", "said no to partners"]
    oracle.heard(NOW, "erased", ANNA)
    assert "the person was erased" in against(oracle, purpose="orders")


def test_link_takes_back_for_everybody_with_the_address(oracle):
    oracle.heard(NOW, "address", BEN, address="a@x.example")
    agree(oracle, ANNA)
    agree(oracle, BEN)
    oracle.heard(NOW, "link", ANNA, purposes=["news"], own="news")
    assert against(oracle) == against(oracle, BEN) == ["said no to news"]


@pytest.mark.parametrize("mine", list(Level))
@pytest.mark.parametrize("theirs", list(Level))
def test_merge_and_its_undo_never_widen(oracle, mine, theirs):
    for who, level in ((ANNA, mine), (BEN, theirs)):
        if level is not Level.NOTHING:
            agree(oracle, who, level=level)
    oracle.heard(NOW, "merged", ANNA, loser=BEN)
    assert oracle.world.people[ANNA].level("news") <= min(mine, theirs)
    oracle.heard(NOW, "parted", ANNA, loser=BEN)
    assert oracle.world.people[ANNA].level("news") <= min(mine, theirs) or mine is Level.NOTHING
    assert oracle.world.people[BEN].level("news") <= theirs


def test_merge_with_a_visitor_keeps_the_consent(oracle):
    agree(oracle, ANNA)
    oracle.heard(NOW, "merged", ANNA, loser=VISITOR)
    assert against(oracle, VISITOR) == []


def test_fold_from_the_beginning_is_what_holds(oracle):
    agree(oracle, ANNA)
    agree(oracle, BEN, "tips")
    oracle.heard(NOW, "merged", ANNA, loser=BEN)
    oracle.heard(NOW, "link", ANNA, purposes=["news", "tips"], own="news")
    oracle.heard(NOW, "parted", ANNA, loser=BEN)
    assert oracle.fold() == oracle.world
