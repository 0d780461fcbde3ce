"""Leaves on people: lists, days where the person lives, moments, how long in a stage or segment, consent, since when."""

from datetime import UTC, datetime, timedelta

import pytest

from contacts.conditions.language import depends_on, explain, say, validate
from contacts.conditions.names import load_names
from contacts.models import (
    Attribute,
    Contact,
    Segment,
    SegmentChange,
    SegmentMember,
    Signal,
    SignalFiring,
    Stage,
    StageChange,
)
from tests.contacts.conditions.truths import NOW, agree, truth

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def person(**more):
    values = {"external_id": "anna", "time_zone": "Europe/Berlin", "created_at": NOW - 40 * DAY, "updated_at": NOW}
    return Contact.objects.create(**values | more)


@pytest.mark.parametrize(
    ("value", "condition", "expected"),
    [
        (["a", "b"], {"contains": "b"}, True),
        (["a", "b"], {"contains": "B"}, False),  # a value of a list is meant as it is written
        (["ab"], {"contains": "a"}, False),
        ([], {"contains": "a"}, False),
        ([], {"is_set": True}, True),
        (["a", "b"], {"in": ["x", "b"]}, True),
        (["a"], {"in": ["x", 'a"b']}, False),
        ([1, 2], {"in": [2, 3]}, True),
        (["a"], {"is": "a"}, None),  # a list is no text
        (["a"], {"starts_with": "a"}, None),
        (["a"], {"is_not": "a"}, None),
        ({"k": 1}, {"is": "x"}, None),
        ({"k": 1}, {"is_set": True}, True),
        (None, {"is_set": True}, False),
        (5, {"is": "5"}, True),  # an id may come as a number
        (5, {"in": [5, 6.5]}, True),
        (5.5, {"between": [5, 6]}, True),
        (5, {"between": [6, 5]}, False),
        ("5", {"gte": 5}, None),
        (True, {"is": True}, True),
        (True, {"is": "true"}, True),
        (True, {"gte": 1}, None),
        ("Ärger", {"contains": "ÄR"}, True),
        ("Straße", {"starts_with": "str"}, True),
    ],
)
def test_attribute_of_each_type_compares_as_its_type(value, condition, expected):
    assert truth(person(attributes={"x": value}), {"attribute": "x", **condition}) is expected


DAYS = [
    # it is 2026-11-21 13:00 in Berlin
    ("2026-11-21", {"within": {"days": 0, "of": "today"}}, True),
    ("2026-11-22", {"within": {"days": 0, "of": "today"}}, False),
    ("2026-11-24", {"within": {"days": 3, "of": "today", "direction": "next"}}, True),
    ("2026-11-20", {"within": {"days": 3, "of": "today", "direction": "next"}}, False),
    ("2026-11-18", {"within": {"days": 3, "of": "today", "direction": "last"}}, True),
    ("1990-11-18", {"within": {"days": 3, "of": "today"}}, False),
    ("1990-11-18", {"within": {"days": 3, "of": "today", "yearly": True}}, True),
    ("1990-11-17", {"within": {"days": 3, "of": "today", "yearly": True}}, False),
    ("1990-11-24", {"within": {"days": 3, "of": "today", "yearly": True}}, True),
    ("1990-11-25", {"within": {"days": 3, "of": "today", "yearly": True}}, False),
    ("1990-11-25", {"within": {"days": 182, "of": "today", "yearly": True}}, True),
    ("1990-05-01", {"within": {"days": 200, "of": "today", "yearly": True}}, True),
    ("2026-11-21T22:59:59Z", {"before": "2026-11-22"}, True),  # still the 21st in Berlin
    ("2026-11-21T23:00:00Z", {"before": "2026-11-22"}, False),
    ("2026-11-22T01:30:00+05:00", {"within": {"days": 0, "of": "today"}}, True),
    ("2026-10-22", {"after": "-30d"}, False),
    ("2026-10-23", {"after": "-30d"}, True),
    ("2026-12-04", {"before": "+2w"}, True),
    ("2026-12-05", {"before": "+2w"}, False),
    ("2026-02-30", {"after": "2026-01-01"}, None),  # there is no such day
    ("0000-01-01", {"before": "2026-01-01"}, None),
    ("9999-12-31", {"after": "9999-12-30"}, True),
    ("0001-01-01", {"before": "0001-01-02"}, True),
    ("2026-11-21T25:00:00Z", {"after": "2026-01-01"}, None),
    ("Kiel", {"after": "2026-01-01"}, None),
    (20261121, {"after": "2026-01-01"}, None),
    ("20261121", {"after": "2026-01-01"}, None),
    (["2026-11-21"], {"after": "2026-01-01"}, None),
]


@pytest.mark.parametrize(("value", "condition", "expected"), DAYS)
def test_attribute_with_a_day_is_compared_where_the_person_lives(value, condition, expected):
    assert truth(person(attributes={"x": value}), {"attribute": "x", **condition}) is expected


@pytest.mark.parametrize(
    ("born", "today", "days", "expected"),
    [
        ("1988-02-29", (2027, 2, 28), 0, True),  # no 29th in 2027: the birthday is kept on the 28th
        ("1988-02-29", (2027, 3, 1), 0, False),
        ("1988-02-29", (2028, 2, 28), 0, False),
        ("1988-02-29", (2028, 2, 29), 0, True),
        ("1988-02-29", (2027, 3, 2), 2, True),
        ("1990-12-31", (2027, 1, 1), 1, True),  # over New Year
        ("1990-01-02", (2026, 12, 31), 2, True),
        ("1990-01-03", (2026, 12, 31), 2, False),
        ("1990-12-30", (2026, 12, 31), 0, False),
    ],
)
def test_yearly_days_around_the_end_of_february_and_of_the_year(born, today, days, expected):
    condition = {"attribute": "born", "within": {"days": days, "of": "today", "yearly": True}}
    assert truth(person(attributes={"born": born}), condition, now=datetime(*today, 12, tzinfo=UTC)) is expected


def test_today_begins_where_the_person_lives():
    at = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    condition = {"attribute": "born", "within": {"days": 0, "of": "today"}}
    people = [
        person(external_id=zone, time_zone=zone, attributes={"born": "2026-11-22"})
        for zone in ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
    ]
    assert [truth(one, condition, now=at) for one in people] == [True, False, True]
    # an instant of the contact itself has its day there as well
    made = {"attribute": "created_at", "after": "-1d"}
    assert truth(person(external_id="x", created_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC)), made, now=at) is False
    assert truth(person(external_id="y", created_at=datetime(2026, 11, 21, 23, 0, tzinfo=UTC)), made, now=at) is True


@pytest.mark.parametrize(
    ("zone", "condition", "expected"),
    [
        ("Europe/Berlin", {"context": "weekday", "in": ["sat", "sun"]}, True),
        ("Europe/Berlin", {"context": "weekday", "in": ["mon"]}, False),
        ("Pacific/Kiritimati", {"context": "weekday", "in": ["sun"]}, True),
        ("Europe/Berlin", {"context": "hour", "between": [13, 14]}, True),
        ("Europe/Berlin", {"context": "hour", "between": [8, 13]}, False),  # until before 13:00
        ("America/New_York", {"context": "hour", "between": [22, 8]}, True),  # 7:00; over midnight
        ("Europe/Berlin", {"context": "hour", "between": [22, 8]}, False),
        ("Europe/Berlin", {"context": "month", "in": [11, 12]}, True),
        ("Europe/Berlin", {"context": "season", "in": ["winter"]}, False),
        ("Europe/Berlin", {"context": "season", "in": ["autumn", "winter"]}, True),
    ],
)
def test_context_is_the_moment_where_the_person_lives(zone, condition, expected):
    assert truth(person(time_zone=zone), condition) is expected
    assert depends_on(condition).timed


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ({"context": "hour", "between": [8, 8]}, "between: expected two hours like [8, 18]"),
        ({"context": "hour", "between": [8, 25]}, "between: expected two hours"),
        ({"context": "hour", "between": [24, 3]}, "between: expected two hours"),
        ({"context": "hour", "in": [8]}, "in: unknown; expected one of between, context"),
        ({"context": "weekday"}, "expected in with the weekdays that are meant"),
        ({"context": "weekday", "in": ["monday"]}, "in: expected a list of mon, tue, wed, thu, fri, sat, sun"),
        ({"context": "month", "in": [13]}, "in: expected a list of 1, 2, 3"),
        ({"context": "month", "in": [True]}, "in: expected a list of 1, 2, 3"),
        ({"stage": "a", "for": "1d", "within": "1d"}, "expected for or within, not both"),
        ({"consent": "p", "is": "maybe"}, 'is: expected one of granted, refused, withdrawn, unknown, got "maybe"'),
        ({"consent": "p", "is": "unknown", "for": "1d"}, "expected no window"),
        ({"handover": "open"}, "handover: expected one of waiting, accepted, rejected"),
        ({"signal": "s", "since": "monday"}, "since: expected one of entry, step"),
    ],
)
def test_validate_of_other_leaves_names_path_and_expectation(condition, error):
    assert str(validate(condition)[0]).startswith(error)


def test_stage_and_phase_for_so_long():
    stages = [
        Stage.objects.create(slug=slug, phase=phase, position=i, name_en=slug.title(), name_de=slug.title())
        for i, (slug, phase) in enumerate((("lead", "consideration"), ("new", "retention"), ("active", "retention")))
    ]
    anna = person(stage=stages[2], stage_since=NOW - 10 * DAY)
    for before, after, days in ((None, stages[0], 40), (stages[0], stages[1], 20), (stages[1], stages[2], 10)):
        StageChange.objects.create(contact=anna, from_stage=before, to_stage=after, at=NOW - days * DAY)
    assert truth(anna, {"stage": "active", "for": "10d"}) is True
    assert truth(anna, {"stage": "active", "for": "11d"}) is False
    assert truth(anna, {"stage": "active", "within": "11d"}) is True
    assert truth(anna, {"stage": "active", "within": "10d"}) is False
    assert truth(anna, {"stage": "new", "for": "1d"}) is False
    assert truth(anna, {"phase": "retention", "for": "20d"}) is True  # the phase did not change with the last stage
    assert truth(anna, {"phase": "retention", "for": "21d"}) is False
    assert truth(person(external_id="ben"), {"stage": "active", "for": "1d"}) is None
    ago = explain({"any": [{"stage": "active"}, {"phase": "retention"}]}, contact_id=anna.pk, now=NOW)
    assert [(part["value"], part["since"]) for part in ago["parts"]] == [
        ("active", NOW - 10 * DAY),
        ("retention", NOW - 20 * DAY),
    ]


def test_segment_for_so_long_and_signal_since_when():
    anna = person()
    segment = Segment.objects.create(slug="fans", condition={}, name_en="Fans", name_de="Fans")
    other = Segment.objects.create(slug="gone", condition={}, name_en="Gone", name_de="Weg")
    SegmentMember.objects.create(segment=segment, contact=anna, since=NOW - 3 * DAY)
    SegmentChange.objects.create(segment=other, contact=anna, entered=False, at=NOW - 5 * DAY)
    assert truth(anna, {"segment": "fans", "for": "3d"}) is True
    assert truth(anna, {"segment": "fans", "for": "4d"}) is False
    assert truth(anna, {"segment": "fans", "within": "4d"}) is True
    assert truth(anna, {"segment": "fans", "within": "3d"}) is False
    signal = Signal.objects.create(
        slug="hot", kind="behaviour", condition={}, cooldown=DAY, holds_for=DAY, name_en="Hot", name_de="Heiß"
    )
    SignalFiring.objects.create(signal=signal, contact=anna, fired_at=NOW - 2 * DAY)
    condition = {"all": [{"segment": "fans"}, {"segment": "gone"}, {"signal": "hot"}, {"not": {"signal": "hot", "within": "3d"}}]}  # fmt: skip
    tree = explain(condition, contact_id=anna.pk, now=NOW)
    assert [(part["truth"], part.get("since")) for part in tree["parts"]] == [
        (True, NOW - 3 * DAY),
        (False, NOW - 5 * DAY),
        (False, NOW - 2 * DAY),
        (False, None),
    ]


def test_consent_in_each_state():
    anna = person()
    assert truth(anna, {"consent": "email_marketing", "is": "unknown"}) is True
    agree(anna, "email_marketing", at=NOW - 9 * DAY)
    assert truth(anna, {"consent": "email_marketing", "is": "granted", "for": "9d"}) is True
    assert truth(anna, {"consent": "email_marketing", "is": "withdrawn"}) is False
    agree(anna, "email_marketing", "withdrawn", at=NOW - 2 * DAY)
    assert truth(anna, {"consent": "email_marketing"}) is False
    assert truth(anna, {"consent": "email_marketing", "is": "withdrawn", "within": "3d"}) is True
    assert truth(anna, {"consent": "email_marketing", "is": "withdrawn", "within": "2d"}) is False
    assert truth(anna, {"consent": "email_marketing", "is": "refused"}) is False
    assert truth(anna, {"consent": "email_marketing", "is": "unknown"}) is False
    leaf = explain({"consent": "email_marketing"}, contact_id=anna.pk, now=NOW)
    assert (leaf["truth"], leaf["value"], leaf["since"]) == (False, "withdrawn", NOW - 2 * DAY)


def test_explain_of_attributes_shows_the_value_and_when_it_changed(django_assert_num_queries):
    at = {"tags": (NOW - DAY).isoformat(), "odd": "yesterday"}
    anna = person(attributes={"tags": ["a"], "odd": 4}, attributes_at=at)
    condition = {"any": [{"attribute": "tags", "contains": "a"}, {"attribute": "odd", "gt": 5}, {"attribute": "email", "is": "x"}]}  # fmt: skip
    with django_assert_num_queries(1):
        tree = explain(condition, contact_id=anna.pk, now=NOW)
    assert [(part["truth"], part["value"], part["since"]) for part in tree["parts"]] == [
        (True, ["a"], NOW - DAY),
        (False, 4, None),
        (None, "", None),
    ]


SENTENCES = [
    ({"attribute": "loyalty", "gte": 2.5}, "Loyalty is at least 2.5", "Treue ist mindestens 2,5"),
    ({"not": {"attribute": "loyalty", "between": [1, 2]}}, "Loyalty is not between 1 and 2", "Treue liegt nicht zwischen 1 und 2"),
    ({"not": {"attribute": "country", "in": ["DE", "AT"]}}, "country is not DE or AT", "Land ist nicht DE oder AT"),
    ({"not": {"attribute": "loyalty", "is_set": True}}, "Loyalty is not known", "Treue ist nicht bekannt"),
    ({"attribute": "born", "before": "-18mo"}, "born is more than 18 months ago", "born liegt mehr als 18 Monate zurück"),
    ({"not": {"attribute": "born", "after": "-30d"}}, "born is not less than 30 days ago", "born liegt nicht weniger als 30 Tage zurück"),
    ({"attribute": "born", "before": "+2w"}, "born is sooner than 2 weeks from now", "born liegt früher als in 2 Wochen"),
    ({"attribute": "born", "after": "2026-03-01"}, "born is after 2026-03-01", "born liegt nach 1.3.2026"),
    ({"attribute": "born", "within": {"days": 3, "of": "today", "yearly": True}}, "born is at most 3 days away from today (every year)", "born liegt höchstens 3 Tage um heute (jedes Jahr)"),
    ({"attribute": "born", "within": {"days": 7, "of": "today", "direction": "next"}}, "born is today or within the next 7 days", "born ist heute oder in den nächsten 7 Tagen"),
    ({"attribute": "born", "within": {"days": 1, "of": "today", "direction": "last"}}, "born is today or was yesterday", "born ist heute oder war gestern"),
    ({"attribute": "born", "within": {"days": 0, "of": "today"}}, "born is today", "born ist heute"),
    ({"not": {"account": "name", "contains": "GmbH"}}, "name of the company does not contain GmbH", "Name der Firma enthält nicht GmbH"),
    ({"context": "weekday", "in": ["mon", "tue", "wed"]}, "it is Monday, Tuesday or Wednesday", "es ist Montag, Dienstag oder Mittwoch"),
    ({"not": {"context": "hour", "between": [8, 18]}}, "it is not between 8:00 and 18:00", "es ist nicht zwischen 8 und 18 Uhr"),
    ({"context": "season", "in": ["winter"]}, "it is winter", "es ist Winter"),
    ({"stage": "active", "for": "30d"}, "stage is active, for at least 30 days", "Stufe ist active, seit mindestens 30 Tagen"),
    ({"segment": "fans", "within": "1w"}, "in segment “fans” since at most 1 week", "im Segment „fans“ seit höchstens 1 Woche"),
    ({"signal": "hot", "since": "entry"}, "signal “hot” fired since the entry", "Signal „hot“ ausgelöst seit dem Eintritt"),
    ({"consent": "email_marketing", "is": "withdrawn"}, "has withdrawn “E-mail marketing”", "hat „E-Mail-Marketing“ widerrufen"),
    ({"not": {"consent": "email_marketing", "is": "unknown"}}, "has answered about “E-mail marketing”", "hat sich zu „E-Mail-Marketing“ geäußert"),
    ({"handover": "won", "within": "90d"}, "was won by sales within 90 days", "wurde vom Vertrieb gewonnen innerhalb von 90 Tagen"),
    ({"not": {"handover": "accepted"}}, "is not in conversation with sales", "ist nicht im Gespräch mit dem Vertrieb"),
    ({"touch": {"channel": "email", "block": "welcome"}, "state": "clicked"}, "e-mail with content “welcome” clicked", "E-Mail mit Inhalt „welcome“ angeklickt"),
    ({"not": {"touch": {}, "state": "opened", "within": "30d"}}, "message opened not once within 30 days", "Nachricht geöffnet kein Mal innerhalb von 30 Tagen"),
    ({"not": {"journey": "onboarding", "state": "goal"}}, "has not reached the goal of “onboarding”", "hat das Ziel von „onboarding“ nicht erreicht"),
    ({"journey": "onboarding", "within": "7d"}, "is in journey “onboarding”, entered within 7 days", "ist in Journey „onboarding“, eingetreten innerhalb von 7 Tagen"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "english", "german"), SENTENCES)
def test_say_of_each_leaf_and_its_opposite(condition, english, german):
    Attribute.objects.create(key="loyalty", kind="number", name_en="Loyalty", name_de="Treue", created_at=NOW)
    names = load_names()
    assert validate(condition) == []
    assert (say(condition, "en", names), say(condition, "de", names)) == (english, german)
