"""Letters: kept once, sifted before they are printed, taken out with a trace, and made into pages that fetch nothing."""

import csv
import io
import socket
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from consent.privacy.operations import erase_contact
from consent.records.operations import record_consent
from contacts.models import Event
from contacts.profiles.models import Contact
from journeys.models import Touch, Variant
from orchestrator.channels.adapters import letter as adapter
from orchestrator.channels.letters import operations, printing, rules, views
from orchestrator.channels.letters.operations import StillOpen, close_batch, close_due, ready_letters, record_download
from orchestrator.channels.operations import deliver_touches
from orchestrator.models import Letter, LetterBatch, LetterDownload, Verdict
from tests.orchestrator.channels.adapters.conftest import reach  # noqa: F401

from ..conftest import NOW

pytestmark = pytest.mark.django_db
HOME = {"street": "Deichstraße 9", "postal_code": "20459", "city": "Hamburg"}
TEXT = "Dear {{ contact.first_name }},\n\nyour cart {{ run.key }} waits.\nRegards\n"


@pytest.fixture
def by_letter(reach, settings):  # noqa: F811
    settings.LETTER_FROM, settings.LETTER_PLACE = "Nordlicht GmbH · Hafenstraße 1 · 20457 Hamburg", "Hamburg"
    settings.MAIL_IMPRINT = "Nordlicht GmbH\nHRB 12345"
    return reach(
        adapter.COURIER, subject="Your cart, {{ contact.first_name }}", en=TEXT, de="Guten Tag,\n\nIhr Korb wartet."
    )


@pytest.fixture
def sent(by_letter, clock):
    """Anna's letter in the open batch."""
    touch = by_letter.touch(by_letter.person(attributes=HOME, last_name="Ähre"))
    assert deliver_touches(now=clock) == {"sent": 1}
    return touch


@pytest.fixture
def batch(sent):
    (batch,) = LetterBatch.objects.all()
    close_batch(batch_id=batch.pk, now=NOW)
    return batch


def pages(content):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_deliver_keeps_a_letter_with_address_and_text_once(sent, clock):
    letter = Letter.objects.get()
    assert (letter.name, letter.street, letter.postal_code, letter.city) == (
        "Anna Ähre",
        "Deichstraße 9",
        "20459",
        "Hamburg",
    )
    assert (letter.subject, letter.text) == ("Your cart, Anna", "Dear Anna,\n\nyour cart c1 waits.\nRegards")
    assert (letter.marketing, letter.batch.state) == (True, "open")
    sent.refresh_from_db()
    assert (sent.state, sent.address) == ("sent", "deichstraße 9, 20459 hamburg")
    Touch.objects.filter(pk=sent.pk).update(state="approved", lease_until=None)  # a worker died before it was recorded
    assert deliver_touches(now=clock) == {"sent": 1}
    assert Letter.objects.count() == 1


def test_deliver_without_a_whole_address_writes_none(by_letter, clock):
    by_letter.touch(by_letter.person(attributes={**HOME, "city": " "}))
    assert deliver_touches(now=clock) == {"no_address": 1}
    assert not Letter.objects.exists()


def test_deliver_that_cannot_be_kept_is_tried_again(by_letter, clock, monkeypatch):
    def broken(**_):
        raise DatabaseError("disk full")

    monkeypatch.setattr(adapter, "add_letters", broken)
    touch = by_letter.touch(by_letter.person(attributes=HOME))
    assert deliver_touches(now=clock) == {"provider_unavailable": 1}
    touch.refresh_from_db()
    assert (touch.state, touch.called_at) == ("approved", None)


def test_statements_do_not_grow_with_letters(by_letter, clock, django_assert_num_queries):
    def some(n):
        Letter.objects.all().delete()
        made = []
        for i in range(n):
            person = by_letter.person(f"P{i}x{n}", attributes=HOME)
            made.append(
                Letter(
                    touch_id=by_letter.touch(person).pk,
                    contact=person,
                    text="x",
                    marketing=False,
                    language="en",
                    at=NOW,
                    **HOME,
                )
            )
        return made

    operations.add_letters(letters=some(2), now=NOW)  # the batch is there
    for made in (some(1), some(30)):
        with django_assert_num_queries(6):
            operations.add_letters(letters=made, now=NOW)


def test_batch_that_is_full_closes_and_the_next_begins(by_letter, clock, monkeypatch):
    monkeypatch.setattr(operations, "MOST", 2)
    for name in ("Anna", "Ben", "Cem"):
        by_letter.touch(by_letter.person(name, attributes=HOME))
    assert deliver_touches(now=clock) == {"sent": 3}
    assert [(b.state, b.letters.count()) for b in LetterBatch.objects.order_by("pk")] == [("closed", 2), ("open", 1)]


def test_batch_closes_by_itself_when_its_day_is_over(sent, settings):
    settings.LETTER_CLOSE_HOUR, settings.TEAM_TIME_ZONE = 18, "Europe/Berlin"
    assert not close_due(now=NOW)
    assert not close_due(now=datetime(2026, 3, 2, 16, 59, tzinfo=UTC))
    assert close_due(now=datetime(2026, 3, 2, 17, 0, tzinfo=UTC))
    assert not close_due(now=NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("opened", "closes"),
    [
        ("2026-03-02T17:00:00+00:00", "2026-03-03T17:00:00+00:00"),
        ("2026-03-02T16:59:59+00:00", "2026-03-02T17:00:00+00:00"),
        ("2026-03-28T18:00:00+00:00", "2026-03-29T16:00:00+00:00"),  # the clock is set forward
    ],
)
def test_closes_at(opened, closes):
    found = rules.closes_at(datetime.fromisoformat(opened), hour=18, zone="Europe/Berlin")
    assert found == datetime.fromisoformat(closes)


def test_letters_of_an_open_batch_are_not_given(sent):
    with pytest.raises(StillOpen):
        ready_letters(batch_id=Letter.objects.get().batch_id, now=NOW)


def test_withdrawal_before_the_print_takes_the_letter_out(by_letter, batch, sent):
    assert len(ready_letters(batch_id=batch.pk, now=NOW)) == 1
    record_consent(contact_id=sent.contact_id, purpose="letter_marketing", decision="withdrawn", source="form", now=NOW)
    assert ready_letters(batch_id=batch.pk, now=NOW) == []
    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.sent_at) == ("suppressed", "unsubscribed", None)
    assert Letter.objects.get().reason == "unsubscribed"
    assert Verdict.objects.get().gates["moment"] == "print"


def test_move_before_the_print_takes_the_letter_out(batch, sent):
    Contact.objects.filter(pk=sent.contact_id).update(attributes={**HOME, "street": "Elbchaussee 1"})
    assert ready_letters(batch_id=batch.pk, now=NOW) == []


def test_erasure_before_the_print_takes_the_letter_along(batch, sent):
    erase_contact(contact_id=sent.contact_id, why="request", now=NOW)
    assert not Letter.objects.exists()
    assert ready_letters(batch_id=batch.pk, now=NOW) == []


def test_first_print_is_told_to_the_person_once_and_resolves_a_doubt(batch, sent):
    Touch.objects.filter(pk=sent.pk).update(state="unknown", reason="unknown_outcome", sent_at=None)
    for hour in (1, 2):
        at = NOW + timedelta(hours=hour)
        record_download(
            batch_id=batch.pk, letters=ready_letters(batch_id=batch.pk, now=at), what="pdf", by=None, now=at
        )
    batch.refresh_from_db()
    assert (batch.state, batch.printed_at) == ("printed", NOW + timedelta(hours=1))
    event = Event.objects.get(name="letter_printed")
    assert event.properties == {"touch": sent.pk, "journey": "cart", "batch": batch.pk}
    assert LetterDownload.objects.count() == 2
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("sent", "")


def test_addresses_alone_print_nothing(batch):
    record_download(batch_id=batch.pk, letters=[], what="csv", by=None, now=NOW)
    batch.refresh_from_db()
    assert batch.state == "closed"


def test_pdf_holds_each_letter_on_its_own_pages(by_letter, clock):
    by_letter.touch(by_letter.person(attributes={**HOME, "postal_code": "99999"}))
    by_letter.touch(by_letter.person("Ben", attributes=HOME, language="de", country="AT"))
    by_letter.touch(
        by_letter.person("Cem", agrees=False, attributes={**HOME, "postal_code": "10115"}), purpose="service"
    )
    deliver_touches(now=clock)
    batch = LetterBatch.objects.get()
    close_batch(batch_id=batch.pk, now=NOW)
    cem, ben, anna = pages(printing.pdf_of(ready_letters(batch_id=batch.pk, now=NOW)))  # by postal code
    assert "Nordlicht GmbH · Hafenstraße 1" in anna
    assert "Hamburg, 2 March 2026" in anna
    assert "Your cart, Anna" in anna
    assert "object to advertising" in anna
    assert "object to advertising" not in cem
    assert "ÖSTERREICH" in ben
    assert "widersprechen" in ben
    assert "2. März 2026" in ben
    assert all("HRB 12345" in page for page in (anna, ben, cem))


def test_pdf_stands_where_the_window_is(batch):
    content = printing.pdf_of(ready_letters(batch_id=batch.pk, now=NOW))
    page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
    found = []
    page.extract_text(
        visitor_text=lambda text, cm, tm, *_: found.append((text.strip(), cm, tm)) if text.strip() else None
    )
    assert [round(float(side) / 72 * 25.4) for side in (page.mediabox.width, page.mediabox.height)] == [210, 297]
    places = {}
    for text, cm, tm in found:
        x, y = cm[0] * tm[4] + cm[4], cm[3] * tm[5] + cm[5]
        places.setdefault(text.split(" ")[0], (x / 72 * 25.4, 297 - y / 72 * 25.4))
    x, y = places["Anna"]
    assert 20 <= x <= 105
    assert 62.7 <= y <= 90  # the zone of the address, DIN 5008 form B


def test_pdf_shows_words_as_words_and_fetches_nothing(by_letter, clock, monkeypatch):
    def no(*_args, **_more):
        raise AssertionError("a letter opened a connection")

    text = 'Hi <b>x</b> <img src="http://127.0.0.1:1/a.png"> <link rel=stylesheet href=file:///etc/passwd> {{ contact.first_name }}'
    Variant.objects.filter(channel="letter", language="en").update(body=text)
    by_letter.touch(by_letter.person('<img src="file:///etc/hostname">', attributes=HOME))
    deliver_touches(now=clock)
    monkeypatch.setattr(socket.socket, "connect", no)
    whole = pages(printing.pdf_of(list(Letter.objects.select_related("touch__journey"))))[0]
    assert "<b>x</b>" in whole
    assert "file:///etc/hostname" in whole.replace("\n", "")


def test_pdf_of_a_long_letter_counts_its_pages(by_letter, clock):
    Variant.objects.filter(channel="letter", language="en").update(body="Many words. " * 900)
    by_letter.touch(by_letter.person(attributes=HOME))
    deliver_touches(now=clock)
    found = pages(printing.pdf_of(list(Letter.objects.select_related("touch__journey"))))
    assert len(found) > 1
    assert f"1 / {len(found)}" in found[0]
    assert "HRB 12345" in found[-1]


def test_csv_is_a_table_without_formulas(by_letter, clock):
    by_letter.touch(by_letter.person("=1+1", attributes=HOME))
    deliver_touches(now=clock)
    content = printing.csv_of(list(Letter.objects.select_related("touch__journey"))).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["name"], row["street"], row["postal_code"], row["journey"]) == (
        "'=1+1",
        "Deichstraße 9",
        "20459",
        "cart",
    )


def test_address_lines():
    given = {
        "name": "Anna",
        "street": "1  High St",
        "postal_code": "1010",
        "city": "Wien",
        "home": "DE",
        "countries": {"AT": "Österreich"},
    }
    assert rules.address_lines(company="", country="AT", **given) == ["Anna", "1 High St", "1010 Wien", "ÖSTERREICH"]
    assert rules.address_lines(company="ACME", country="DE", **given) == ["ACME", "Anna", "1 High St", "1010 Wien"]


@pytest.fixture
def marketer(client):
    user = User.objects.create_user("mara", first_name="Mara", last_name="M")
    client.force_login(user)
    return client


def test_page_closes_a_batch_and_gives_its_files(marketer, sent):
    batch = LetterBatch.objects.get()
    assert b"Close now" in marketer.get("/letters/").content
    with time_machine.travel(NOW, tick=False):
        refused = marketer.post(f"/letters/{batch.pk}/pdf/", follow=True)
        assert b"still open" in refused.content
        marketer.post(f"/letters/{batch.pk}/close/")
        got = marketer.post(f"/letters/{batch.pk}/pdf/")
        table = marketer.post(f"/letters/{batch.pk}/csv/")
    assert (got["Content-Type"], got["Cache-Control"]) == ("application/pdf", "no-store")
    assert "Your cart, Anna" in pages(got.content)[0]
    assert "Anna" in table.content.decode("utf-8-sig")
    assert [(d.what, d.letters, d.by.username) for d in LetterDownload.objects.order_by("pk")] == [
        ("pdf", 1, "mara"),
        ("csv", 1, "mara"),
    ]
    page = marketer.get("/letters/").content.decode()
    assert "Mara M" in page
    assert "printed" in page


def test_page_gives_nothing_by_get_or_to_strangers(marketer, batch, client):
    assert marketer.get(f"/letters/{batch.pk}/pdf/").status_code == 405
    assert marketer.post(f"/letters/{batch.pk}/exe/").status_code == 404
    assert marketer.post("/letters/999/pdf/").status_code == 404
    client.logout()
    assert client.post(f"/letters/{batch.pk}/pdf/").status_code == 302
    assert not LetterDownload.objects.exists()


def test_page_without_the_library_says_so(marketer, batch, monkeypatch):
    def none(_letters):
        raise printing.NoPrinter

    monkeypatch.setattr(views, "pdf_of", none)
    assert b"Pango" in marketer.post(f"/letters/{batch.pk}/pdf/", follow=True).content
    batch.refresh_from_db()
    assert batch.state == "closed"


def test_page_asks_the_same_however_many_batches(marketer):
    def asked():
        with CaptureQueriesContext(connection) as found:
            marketer.get("/letters/")
        return len(found)

    LetterBatch.objects.create(state="closed", opened_at=NOW, closed_at=NOW)
    marketer.get("/letters/")
    one = asked()
    for _ in range(10):
        made = LetterBatch.objects.create(state="closed", opened_at=NOW, closed_at=NOW)
        LetterDownload.objects.create(batch=made, what="csv", letters=0, at=NOW)
    assert asked() == one


def test_printing_leaves_pictures_that_are_cut_short_refused():
    """The library that prints changes what Pillow takes in the whole process."""
    from PIL import ImageFile

    from orchestrator.channels.letters.printing import _printer

    _printer()
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
