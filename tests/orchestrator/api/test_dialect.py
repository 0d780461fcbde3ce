"""What the items of an SDK mean: names of events, traits, circumstances, and the clock."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orchestrator.api.circumstances import circumstances, clean_address, page_properties
from orchestrator.api.dialect import Around, Kind, placed, read_tracked
from orchestrator.api.traits import Company, country_code, read_company, read_person, slug

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
AROUND = Around(NOW)


def read(kind=None, around=AROUND, **item):
    said, problems = read_tracked(msgspec.json.encode(item), kind, around)
    return said, [tuple(problem) for problem in problems]


@pytest.mark.parametrize(
    ("sent", "ours"),
    [
        ("Order Completed", "order_completed"),
        ("order_placed", "order_placed"),
        ("orderPlaced", "orderPlaced"),
        ("  Signed up!  ", "signed_up"),
        ("Bestellung bestätigt", "bestellung_bestaetigt"),
        ("Größe: XL", "groesse_xl"),
        ("🎉", ""),
    ],
)
def test_slug_turns_names_of_events_into_ours(sent, ours):
    assert slug(sent) == ours


def test_read_person_sorts_traits_into_columns_attributes_and_company():
    traits = {
        "email": " Anna@nordlicht.example ",
        "phone": 4930123456,
        "name": "Anna Maria Amsel",
        "title": "Head of Sales",
        "language": "de-AT",
        "timezone": "Europe/Vienna",
        "address": {"country": "Österreich", "city": "Wien"},
        "company": {"id": "acme", "name": "Acme", "website": "https://www.acme.example/x", "plan": "gold"},
        "birthday": "1990-03-01T00:00:00.000Z",
        "tier": "gold",
        "old": None,
    }
    person, problems = read_person(traits, {}, "traits")
    assert problems == []
    assert person.fields == {
        "email": "Anna@nordlicht.example",
        "phone": "4930123456",
        "job_title": "Head of Sales",
        "first_name": "Anna Maria",
        "last_name": "Amsel",
        "country": "AT",
        "language": "de",
        "time_zone": "Europe/Vienna",
    }
    expected = {"address.city": "Wien", "company.plan": "gold", "birthday": "1990-03-01", "tier": "gold", "old": None}
    assert person.attributes == expected
    assert person.company == Company("acme", "Acme", "acme.example")


def test_read_person_keeps_what_it_does_not_understand_as_attributes():
    person, problems = read_person({"language": "fr", "country": "Narnia", "timezone": "Mars/Base"}, {}, "traits")
    assert (problems, person.fields) == ([], {})
    assert person.attributes == {"language": "fr", "country": "Narnia", "timezone": "Mars/Base"}


def test_read_person_takes_language_and_zone_of_the_context_where_traits_say_none():
    context = {"locale": "en-GB", "timezone": "Europe/London"}
    assert read_person({}, context, "traits")[0].fields == {"language": "en", "time_zone": "Europe/London"}
    assert read_person({"language": "de"}, context, "traits")[0].fields["language"] == "de"


@pytest.mark.parametrize(
    ("trait", "value"),
    [("email", "nobody"), ("email", True), ("firstName", "\x07"), ("lastName", ["a"]), ("phone", "1" * 41)],
)
def test_read_person_names_a_trait_that_is_wrong(trait, value):
    _, problems = read_person({trait: value}, {}, "traits")
    assert [problem.path for problem in problems] == [f"traits.{trait}"]


def test_read_person_takes_an_empty_address_as_no_word():
    assert read_person({"email": "", "phone": "", "firstName": ""}, {}, "traits")[0].fields == {"first_name": ""}


def test_read_company_takes_domain_from_website():
    company, problems = read_company("g1", {"name": "Acme", "website": "acme.example", "country": "de"}, "traits")
    assert (company, problems) == (Company("g1", "Acme", "acme.example", None, "DE"), [])
    assert read_company("g1", {"website": "http://[bad"}, "traits")[0].domain is None


def test_country_code_knows_codes_and_names():
    assert [country_code(said) for said in ("de", "Germany", "Deutschland", "XX", 5, None)] == [
        "DE",
        "DE",
        "DE",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            "https://shop.example/a?utm_source=ad&utm_campaign=may&email=a@b.c&token=1#x",
            "https://shop.example/a?utm_source=ad&utm_campaign=may",
        ),
        ("https://anna:pw@shop.example:8443/me/anna@b.example/x", "https://shop.example:8443/me/-/x"),
        ("https://shop.example/me/anna%40b.example", "https://shop.example/me/-"),
        ("https://shop.example/?utm_content=anna@b.example", "https://shop.example/"),
        ("/prices?x=1", "/prices"),
        ("http://[bad", ""),
        ("https://shop.example:99999/", ""),
        ("", ""),
    ],
)
def test_clean_address_keeps_path_and_campaign_only(sent, kept):
    assert clean_address(sent) == kept


def test_circumstances_keep_campaign_page_and_class_of_device_and_nothing_else():
    context = {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148",
        "campaign": {"name": "may", "source": "ad"},
        "page": {"path": "/prices", "url": "https://shop.example/prices?q=1", "title": "Prices", "search": "?q=1"},
        "device": {"id": "8f0c", "advertisingId": "3b1d"},
        "traits": {"email": "anna@b.example"},
    }
    assert circumstances(context) == {
        "utm_campaign": "may",
        "utm_source": "ad",
        "page_path": "/prices",
        "page_url": "https://shop.example/prices",
        "page_title": "Prices",
        "device": "phone",
    }
    assert circumstances({"page": 5, "campaign": [], "device": "x", "userAgent": 7}) == {}


@pytest.mark.parametrize(
    ("context", "device"),
    [
        ({"userAgent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile Safari/537"}, "phone"),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/140 Safari/537"}, "tablet"),
        ({"userAgent": "Mozilla/5.0 (iPad; CPU OS 18_0)"}, "tablet"),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140"}, "desktop"),
        ({"device": {"type": "ios", "model": "iPad16,3"}}, "tablet"),
        ({"device": {"type": "android", "name": "Pixel"}}, "phone"),
        ({}, None),
    ],
)
def test_circumstances_name_the_class_of_the_device(context, device):
    assert circumstances(context).get("device") == device


def test_page_properties_take_what_is_missing_from_the_context():
    context = {"page": {"url": "https://shop.example/a?x=1", "title": "A"}, "campaign": {"medium": "mail"}}
    found = page_properties({"title": "B", "search": "?x=1", "sku": "4711"}, context)
    assert found == {"utm_medium": "mail", "title": "B", "sku": "4711", "url": "https://shop.example/a"}


def test_read_tracked_reads_ids_of_any_kind_and_ignores_unknown_fields():
    said, problems = read(
        Kind.TRACK,
        userId=4711,
        anonymousId="",
        event="Seen",
        channel="server",
        integrations={"All": True},
        _metadata={"x": []},
    )
    assert problems == []
    assert (said.user_id, said.anonymous_id, said.event, said.at) == ("4711", None, "Seen", NOW)
    assert len(said.message_id) == 32


def test_read_tracked_takes_traits_and_further_ids_where_rudderstack_puts_them():
    context = {
        "traits": {"email": "anna@b.example"},
        "externalId": [{"type": "crm", "id": "7"}, {"type": "email", "id": "x"}, 5],
    }
    said, problems = read(Kind.IDENTIFY, userId="1", context=context)
    assert (problems, said.person.fields, said.ids) == ([], {"email": "anna@b.example"}, {"crm": "7"})


@pytest.mark.parametrize("years", [-10, -1, 0, 1, 10])
def test_read_tracked_corrects_a_wrong_clock_within_a_second(years):
    skew = timedelta(days=365.25 * years)
    happened, sent = NOW - timedelta(hours=3), NOW - timedelta(seconds=0.4)
    for name in ("timestamp", "originalTimestamp"):
        said, _ = read(Kind.TRACK, userId="1", event="x", **{name: happened + skew, "sentAt": sent + skew})
        assert abs(said.at - happened) < timedelta(seconds=1)
        assert said.warning == ""


def test_read_tracked_corrects_by_the_time_of_the_batch():
    said, _ = read(
        around=AROUND._replace(sent_at=NOW + timedelta(days=3)),
        type="track",
        userId="1",
        event="x",
        timestamp=NOW + timedelta(days=2),
    )
    assert said.at == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("ahead", "clamped"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True), (timedelta(days=3650), True)]
)
def test_read_tracked_puts_the_future_at_the_time_of_arrival_and_says_so(ahead, clamped):
    said, _ = read(Kind.TRACK, userId="1", event="x", timestamp=NOW + ahead)
    assert said.at == (NOW if clamped else NOW + ahead)
    assert ("future" in said.warning) is clamped


def test_placed_without_a_time_is_now():
    assert placed(None, None, NOW) == placed(None, NOW - timedelta(days=1), NOW) == NOW


@pytest.mark.parametrize(
    ("sent_at", "original"),
    [("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"), ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")],
)
def test_read_tracked_of_impossible_times_is_refused_or_now(sent_at, original):
    said, problems = read(Kind.TRACK, userId="1", event="x", timestamp=original, sentAt=sent_at)
    assert said is None
    assert problems[0][0] == "timestamp"


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"type": "track", "event": "x"}, "userId"),
        ({"type": "track", "userId": "1"}, "event"),
        ({"type": "track", "userId": "1", "event": "x" * 101}, "event"),
        ({"type": "track", "userId": "1", "event": 5}, "event"),
        ({"type": "track", "userId": "1", "event": "x", "properties": []}, "properties"),
        ({"type": "track", "userId": {"a": 1}, "event": "x"}, "userId"),
        ({"type": "track", "userId": "1" * 201, "event": "x"}, "userId"),
        ({"type": "track", "userId": "a\x01", "event": "x"}, "userId"),
        ({"type": "track", "userId": "1", "event": "x", "timestamp": "2026-05-04T10:00:00"}, "timestamp"),
        ({"type": "track", "userId": "1", "event": "x", "timestamp": 1767225600000}, "timestamp"),
        ({"type": "track", "userId": "1", "event": "x", "messageId": "m" * 201}, "messageId"),
        ({"type": "group", "userId": "1"}, "groupId"),
        ({"type": "alias", "userId": "1"}, "previousId"),
        ({"type": "alias", "previousId": "1"}, "userId"),
        ({"type": "identify", "userId": "1", "traits": {"email": "x"}}, "traits.email"),
        ({"type": "identify", "userId": "1", "traits": {str(n): n for n in range(201)}}, "traits"),
        ({"type": "Track", "userId": "1", "event": "x"}, "type"),
        ({"userId": "1"}, "type"),
    ],
)
def test_read_tracked_names_what_is_wrong(item, path):
    said, problems = read(**item)
    assert said is None
    assert [problem[0] for problem in problems] == [path]


def test_read_tracked_of_a_public_key_believes_no_companies_and_no_aliases():
    for item in ({"type": "group", "groupId": "g"}, {"type": "alias", "previousId": "p"}):
        said, problems = read(around=AROUND._replace(trusted=False), userId="1", **item)
        assert said is None
        assert "public key" in problems[0][1]
