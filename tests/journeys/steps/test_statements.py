"""Set-based: each kind issues the same statements for a hundred people and for five thousand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Score, Segment, Stage
from journeys.enrollments.advancing import advance_enrollments
from journeys.models import Journey
from orchestrator.kernel import sql
from orchestrator.kernel.scope import EVERYBODY
from tests.flows.conftest import NOW, journey, names

KINDS = {
    "for": {"kind": "wait", "for": "1h"},
    "window": {"kind": "wait", "window": {"from": "09:00", "to": "10:00"}, "spread": "30m"},
    "days": {"kind": "wait", "calendar_days": 2, "at": "09:00"},
    "date": {"kind": "wait", "date": {"attribute": "day", "at": "09:00", "past": "leave"}},
    "until": {"kind": "wait", "until": {"attribute": "day", "is_set": False}, "at_most": "3d"},
    "branch": {"kind": "branch", "branches": [{"key": "a", "name": names("a"), "when": {"attribute": "day", "is_set": True}}]},
    "split": {"kind": "split", "arms": [{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]},
    "send": {"kind": "send", "block": "hello"},
    "verdict": {"kind": "send", "block": "hello", "then": "verdict"},
    "reaction": {"kind": "send", "block": "hello", "then": "reaction"},
    "update": {"kind": "update", "set": {"a": 1}, "stage": "lead", "score": {"act": 5}, "tag": {"add": ["x"]}},
    "audience": {"kind": "audience", "list": "vip", "action": "add"},
    "jump": {"kind": "jump", "journey": "j", "then": "leave"},
    "handover": {"kind": "handover", "team": "t"},
    "task": {"kind": "task", "team": "sales", "title": "Call", "owner": "last"},
    "end": {"kind": "end"},
}  # fmt: skip


CROWD = """
WITH made AS (
    INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)
    SELECT 'p' || %(n)s || '-' || i, '', '', '', '', 'de', '', 'Europe/Berlin', '', '{"day": "2026-12-24"}', %(now)s, %(now)s
    FROM generate_series(1, %(n)s) i RETURNING id
)
INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, reason, outcome, evidence)
SELECT id, %(journey)s, %(version)s, '', '', %(step)s, 0, %(now)s, %(now)s, %(now)s, '', '', '{}' FROM made
"""


def crowd(step, n):
    """n people who stand at a step and are due; everybody before has gone."""
    sql.count("DELETE FROM journeys_enrollment")
    ids = {"journey": step.version.journey_id, "version": step.version_id, "step": step.pk}
    sql.count(CROWD, {"n": n, "now": NOW, **ids})


def statements(step, n):
    crowd(step, n)
    with CaptureQueriesContext(connection) as seen:
        advance_enrollments(now=NOW, scope=EVERYBODY, batch=100_000)
    return len(seen)


@pytest.mark.parametrize("kind", KINDS)
def test_statements_do_not_grow_with_people(world, kind):
    Segment.objects.create(slug="vip", kind="fixed", name_en="v", name_de="v")
    Stage.objects.create(slug="lead", phase="purchase", position=1, name_en="l", name_de="l")
    Score.objects.create(slug="act", axis="engagement", name_en="a", name_de="a")
    end = {"key": "end", "kind": "end"}
    if KINDS[kind]["kind"] == "jump":
        journey("other", [dict(end)])
        settings = KINDS[kind] | {"journey": "other"}
    else:
        settings = KINDS[kind]
    journey("j", [{"key": "here", **settings}, end])
    step = Journey.objects.get(slug="j").live_version.steps.get(key="here")
    statements(step, 3)  # what is compiled once
    assert statements(step, 100) == statements(step, 5_000)
