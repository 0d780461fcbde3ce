"""A replay takes in what is good, says what is not, goes through the log's own time, and writes to nobody."""

import gzip
import json
from datetime import UTC, datetime
from io import StringIO

import pytest
import yaml
from django.core import mail
from django.core.management import CommandError, call_command

from consent.records.models import Record, State
from contacts.events.models import Event, EventType, News
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from contacts.signals.models import Signal
from journeys.content.operations import import_blocks
from journeys.definitions.models import Journey
from journeys.definitions.operations import import_journey
from journeys.enrollments.models import Enrollment, Touch

pytestmark = pytest.mark.django_db
NOW = datetime(2020, 1, 1, tzinfo=UTC)
MAPPING = {
    "source": "shop",
    "file": {"separator": ";", "encoding": "latin-1"},
    "contact": {
        "external_id": {"column": "id"},
        "email": {"column": "mail"},
        "attributes": {"tier": {"column": "tier"}},
    },
    "event": {
        "name": {"column": "what", "values": {"buy": "order_placed", "look": "product_viewed"}},
        "occurred_at": {"column": "when", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
        "message_id": ["id", "what", "when"],
        "properties": {"value": {"column": "value", "type": "number"}, "shop": "Café"},
    },
    "events": {"order_placed": {"kind": "transaction", "name": {"en": "Order placed", "de": "Bestellt"}}},
    "consent": ["profiling", "email_marketing"],
    "defaults": {"language": "en", "country": "AT"},
}
HEAD = "id;mail;tier;what;when;value\n"
GOOD = HEAD + "1;a@example.com;gold;buy;01.07.2019 12:00;9.5\n2;b@example.com;;look;02.07.2019 12:00;\n"


@pytest.fixture
def replay(tmp_path, capsys):
    def run(text, *journeys, mapping=MAPPING, **options):
        file, layout = tmp_path / "log.csv", tmp_path / "mapping.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
        layout.write_text(mapping if isinstance(mapping, str) else yaml.safe_dump(mapping))
        out = StringIO()
        rejects = tmp_path / "rejects.csv"
        given = {"rejects": rejects, "json": True} | options
        call_command("replay", str(file), mapping=str(layout), journey=list(journeys), stdout=out, **given)
        return json.loads(out.getvalue()), rejects.read_text().splitlines()[1:]

    return run


def nothing_written():
    return not (
        Contact.objects.exists() or Event.objects.exists() or Journey.objects.exists() or EventType.objects.exists()
    )


def test_replay_maps_columns_zone_types_consent_and_defaults(replay):
    found, rejects = replay(GOOD)
    assert (found["contacts"], found["events"], found["rejected"], rejects) == (2, 2, 0, [])
    bought = Event.objects.get(name="order_placed")
    assert bought.occurred_at == datetime(2019, 7, 1, 10, 0, tzinfo=UTC)
    assert (bought.properties, bought.source) == ({"value": 9.5, "shop": "Café"}, "shop")
    assert Event.objects.get(name="product_viewed").properties == {"shop": "Café"}
    one = Contact.objects.get(external_id="1")
    assert (one.email, one.attributes, one.language, one.country, one.time_zone) == (
        "a@example.com",
        {"tier": "gold"},
        "en",
        "AT",
        "Europe/Vienna",
    )
    assert State.objects.filter(granted=True).count() == 4
    assert set(Record.objects.values_list("source", flat=True)) == {"replay"}
    assert EventType.objects.get().kind == "transaction"
    assert not News.objects.exists()


def test_replay_again_changes_nothing(replay):
    replay(GOOD)
    before = [list(model.objects.order_by("pk").values()) for model in (Contact, Event, Record)]
    found, _ = replay(GOOD)
    assert (found["events"], found["duplicates"], found["ticks"]) == (0, 2, 0)
    assert before == [list(model.objects.order_by("pk").values()) for model in (Contact, Event, Record)]


def test_replay_known_person_keeps_language_and_said_consent(replay):
    (person,) = upsert_contacts(people=[NewContact("1", language="de", country="CH")], now=NOW, source="test")
    from consent.records.operations import record_consent

    record_consent(contact_id=person, purpose="profiling", decision="withdrawn", source="test", now=NOW)
    replay(GOOD)
    one = Contact.objects.get(pk=person)
    assert (one.language, one.country, one.email) == ("de", "CH", "a@example.com")
    assert not State.objects.get(contact=person, purpose__slug="profiling").granted


def test_replay_broken_lines_are_listed_and_the_rest_goes_in(replay):
    text = HEAD + "\n".join(
        [
            "1;a@example.com;gold;buy;01.07.2019 12:00;9.5",
            "2;b@example.com;;look",
            "3;c@example.com;;steal;01.07.2019 12:00;",
            "4;d@example.com;;buy;31.02.2019 12:00;",
            "5;e@example.com;;buy;01.07.2019 12:00;nan",
            ";;;buy;01.07.2019 12:00;1",
            "6;nobody;;buy;01.07.2019 12:00;1",
            "7;g@example.com;;buy;01.07.1969 12:00;1",
            "8;h@example.com;\0;buy;01.07.2019 12:00;1",
            "9;i@example.com;;buy;01.07.2019 12:00;10,5",
            '10;"j@example.com;;buy;01.07.2019 12:00;1',
        ]
    )
    found, rejects = replay(text)
    assert (found["events"], found["rejected"], len(rejects)) == (1, 10, 10)
    assert [line.split(",")[0] for line in rejects] == ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
    for place, word in enumerate(
        [
            "expected 6 columns",
            "one of buy, look",
            "31.02.2019",
            "nan",
            "external id",
            "e-mail",
            "1970",
            "NUL",
            "10,5",
            "columns",
        ]
    ):
        assert word in rejects[place], rejects[place]


def test_replay_gzip_cut_off_keeps_what_was_readable(replay, tmp_path):
    lines = HEAD + "".join(f"{n};p{n}@example.com;;buy;01.07.2019 12:00;{n}\n" for n in range(5000))
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-4000])
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(MAPPING))
    out = StringIO()
    call_command("replay", str(path), mapping=str(tmp_path / "m.yaml"), json=True, stdout=out)
    found = json.loads(out.getvalue())
    assert found["rejected"] == 1
    assert 1000 < found["events"] < 5000


BAD = {
    "no YAML": ("source: [", "no YAML"),
    "a list": ("[]", "expected an object"),
    "unknown field": (MAPPING | {"colour": 1}, "colour: unknown"),
    "no person": (MAPPING | {"contact": {"phone": {"column": "id"}}}, "contact: expected external_id or email"),
    "no such column": (MAPPING | {"contact": {"external_id": {"column": "ident"}}}, "ident: there is no such column"),
    "separator": (MAPPING | {"file": {"separator": "#"}}, "file.separator: expected one of"),
    "encoding": (MAPPING | {"file": {"encoding": "latin-99"}}, "file.encoding"),
    "zone": (
        MAPPING | {"event": MAPPING["event"] | {"occurred_at": {"column": "when", "zone": "Mars/Base"}}},
        "event.occurred_at.zone",
    ),
    "type": (
        MAPPING | {"event": MAPPING["event"] | {"properties": {"v": {"column": "value", "type": "money"}}}},
        "event.properties.v.type",
    ),
    "no message id": (MAPPING | {"event": MAPPING["event"] | {"message_id": []}}, "event.message_id"),
    "kind": (MAPPING | {"events": {"x": {"kind": "odd", "name": {"en": "X", "de": "X"}}}}, "events.x.kind"),
    "purpose": (MAPPING | {"consent": ["everything"]}, "consent: there is no purpose everything"),
}


@pytest.mark.parametrize("name", BAD)
def test_replay_broken_mapping_is_said_with_its_path_and_writes_nothing(replay, name):
    mapping, words = BAD[name]
    with pytest.raises(CommandError) as raised:
        replay(GOOD, mapping=mapping)
    assert raised.value.returncode == 2
    assert words in str(raised.value)
    assert nothing_written()


def test_replay_unknown_journey_or_file_writes_nothing(replay):
    for journeys in (["nowhere"], ["../mappings/cdnow"]):
        with pytest.raises(CommandError, match="no live journey") as raised:
            replay(GOOD, *journeys)
        assert raised.value.returncode == 2
    assert nothing_written()
    with pytest.raises(CommandError, match="no file"):
        call_command("replay", "/nowhere.csv", mapping="cdnow")


def test_replay_empty_file_is_told(replay):
    with pytest.raises(CommandError, match="first line"):
        replay("")
    found, _ = replay(HEAD)
    assert (found["contacts"], found["events"]) == (0, 0)


def test_replay_proposes_decides_and_sends_nothing(replay):
    Signal.objects.create(
        slug="bought", name_en="Bought", name_de="Gekauft", kind="lifecycle", cooldown="1", holds_for="86400",
        condition={"event": "order_placed", "count": {"gte": 1}, "within": "1d"},
    )  # fmt: skip
    body = "<mj-text>Hello</mj-text>"
    texts = {"subject": "Thanks", "preheader": "", "body": body}
    import_blocks(
        blocks=[{"slug": "thanks", "phase": "retention", "name": "Thanks", "variants": {"en": texts, "de": texts}}],
        now=NOW,
    )
    names = {"en": "X", "de": "X"}
    definition = {
        "slug": "thank",
        "name": names,
        "phase": "retention",
        "entry": {"signal": "bought", "reentry": "never"},
        "goal": {"name": names, "when": {"event": "product_viewed", "since": "entry"}},
        "steps": [
            {"key": "wait", "kind": "wait", "name": names, "for": "4h"},
            {"key": "mail", "kind": "send", "name": names, "block": "thanks"},
            {"key": "pause", "kind": "wait", "name": names, "for": "1d"},
            {"key": "end", "kind": "end", "name": names, "outcome": "done"},
        ],
    }
    import_journey(definition=definition, now=NOW)
    text = (
        HEAD
        + "1;a@example.com;;buy;01.07.2019 12:00;1\n2;;;buy;01.07.2019 12:00;1\n3;c@example.com;;buy;01.07.2019 12:00;1\n"
    )
    text += "3;c@example.com;;look;01.07.2019 13:00;1\n1;a@example.com;;buy;08.07.2019 12:00;1\n"
    found, _ = replay(text, "thank")
    assert found["entered"] == {"thank": 3}
    assert found["left"] == {"thank": {"completed": 2, "goal": 1}}
    assert found["refused"] == {"thank": {"reentry_blocked": 1}}
    assert found["touches"] == {"thank": {"approved": {"": 1}, "suppressed": {"no_address": 1}}}
    sent = Touch.objects.get(state="sent")
    assert sent.sent_at == datetime(2019, 7, 1, 14, 0, tzinfo=UTC)
    assert sent.called_at is None
    assert mail.outbox == []
    ended = Enrollment.objects.filter(reason="completed").values_list("left_at", flat=True)
    assert set(ended) == {datetime(2019, 7, 2, 14, 0, tzinfo=UTC)}
