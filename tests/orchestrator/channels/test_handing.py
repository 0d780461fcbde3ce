"""Groups: one that must not be sent stops nobody else, and what was not begun is tried again."""

import pytest

from journeys.models import Touch
from orchestrator.channels.adapters import email
from orchestrator.channels.operations import deliver_touches
from orchestrator.kernel import sql

pytestmark = pytest.mark.django_db(transaction=True)
REFUSES = """
CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF NEW.address = 'ben@mail.example' THEN
        RAISE EXCEPTION 'touch % must not be sent: test', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER a_test_refuse BEFORE UPDATE ON journeys_touch FOR EACH ROW WHEN (NEW.called_at IS NOT NULL) EXECUTE FUNCTION test_refuse();
"""


@pytest.fixture
def refused():
    sql.count(REFUSES)
    yield
    sql.count("DROP TRIGGER a_test_refuse ON journeys_touch; DROP FUNCTION test_refuse()")


def test_hand_over_where_the_database_refuses_one_of_a_group_sends_the_others(world, smtp, clock, refused):
    for name in ("Anna", "Ben", "Cem"):
        world.touch(world.person(name))
    assert deliver_touches(now=clock) == {"sent": 2, "claim_over": 1}
    assert [mail["To"] for mail in smtp.mails] == ["anna@mail.example", "cem@mail.example"]
    assert Touch.objects.get(address="ben@mail.example").state == "approved"


def test_hand_over_after_the_time_to_begin_gives_back_and_sends_nothing(world, smtp, clock, monkeypatch):
    monkeypatch.setattr("orchestrator.channels.handing.BEGIN_WITHIN", -1.0)
    for name in ("Anna", "Ben"):
        world.touch(world.person(name))
    assert deliver_touches(now=clock) == {"claim_over": 2}
    assert smtp.mails == []
    assert set(Touch.objects.values_list("state", "called_at", "claim")) == {("approved", None, None)}
    monkeypatch.undo()
    assert deliver_touches(now=clock) == {"sent": 2}


def test_hand_over_that_is_short_of_time_sends_the_rest_in_the_next_group(world, smtp, clock, monkeypatch):
    send_all, groups = email.Outbox.send_all, []

    def first_only(outbox, mails, *, until):
        groups.append(len(mails))
        return send_all(outbox, mails[:1], until=until)

    monkeypatch.setattr(email.Outbox, "send_all", first_only)
    for name in ("Anna", "Ben", "Cem"):
        world.touch(world.person(name))
    assert deliver_touches(now=clock) == {"sent": 3}
    assert groups == [3, 2, 1]
    assert len(smtp.mails) == 3
