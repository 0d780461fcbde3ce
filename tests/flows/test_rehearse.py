"""A worker that begins rehearses the flow for nobody: it changes nothing, and the first pulse finds its statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import News, SignalFiring
from journeys.models import Enrollment
from orchestrator.kernel import sql
from orchestrator.tick import loop
from tests.flows.conftest import NOW, journey


def prepared():
    return sql.rows("SELECT count(*) FROM pg_prepared_statements")[0][0]


@pytest.mark.django_db
def test_rehearse_changes_nothing_and_leaves_little_to_be_planned(world):
    journey("cart", [{"key": "mail", "kind": "send", "block": "hello"}, {"key": "end", "kind": "end"}])
    anna = world.person("anna")
    world.does(anna, "cart_updated", cart="c1")
    told = list(News.objects.values_list("contact_id", "name"))
    loop.rehearse(now=NOW)
    assert list(News.objects.values_list("contact_id", "name")) == told
    assert not SignalFiring.objects.exists()
    assert not Enrollment.objects.exists()
    before = prepared()
    with CaptureQueriesContext(connection) as seen:
        world.pulse()
    assert Enrollment.objects.count() == 1
    assert prepared() - before < len(seen) / 3
