"""The leaf on handovers: the state, when it was reached, and what wakes it."""

from datetime import timedelta

from contacts.conditions.language import depends_on, explain
from contacts.handover.operations import accept, lose
from contacts.models import Handover
from tests.contacts.conditions.truths import truth
from tests.contacts.handover.conftest import NOW

DAY = timedelta(days=1)


def test_handover_follows_the_state_and_its_time(anna, ben, sales):
    assert truth(anna, {"handover": "waiting"}, now=NOW) is False
    handover = Handover.objects.create(contact=anna, team="t", created_at=NOW - 5 * DAY, due_at=NOW)
    assert truth(anna, {"handover": "waiting"}, now=NOW) is True
    assert truth(anna, {"handover": "waiting", "within": "5d"}, now=NOW) is False
    accept(handover_id=handover.pk, owner=sales, by="kim", now=NOW - 3 * DAY)
    assert truth(anna, {"handover": "waiting"}, now=NOW) is False
    assert truth(anna, {"handover": "accepted", "within": "4d"}, now=NOW) is True
    lose(handover_id=handover.pk, reason="price", by="kim", now=NOW - DAY)
    assert truth(anna, {"handover": "lost", "within": "2d"}, now=NOW) is True
    assert truth(anna, {"handover": "lost", "within": "1d"}, now=NOW) is False
    assert truth(ben, {"handover": "lost"}, now=NOW) is False
    leaf = explain({"handover": "lost"}, contact_id=anna.pk, now=NOW)
    assert (leaf["value"], leaf["since"]) == ("lost", NOW - DAY)
    assert depends_on({"handover": "lost"}).news() == {"handover"}
