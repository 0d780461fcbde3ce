"""Bad tokens on every public page: one neutral answer, nothing written, whatever is tried. Numbers: docs of bad inputs, 137 to 148."""

import base64
import time

import pytest
import time_machine
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Preference, Record, ServiceMail, Signup, State
from consent.preferences.queries import CONFIRM, SALT, confirm_url, subject_of, unsubscribe_token
from consent.preferences.rules import Subject
from consent.preferences.signups import Asked, request_signup
from contacts.identity.operations import merge_contacts
from contacts.models import Contact

from .conftest import NOW, link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts")]
PAGES = ("u", "p", "w", "d")
GIVEN = {"withdraw_all": "1", "save": "1", "agree": "profiling"}


@pytest.fixture(autouse=True)
def at():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def anna(person):
    return person("anna", "email_marketing", "profiling")


@pytest.fixture
def asked(anna, texts):
    """The path of a confirmation that Anna has not given yet."""
    wording = texts["lamps"]["en"]
    signup = request_signup(asked=Asked(anna.email, "en", [wording], "", contact_id=anna.pk), now=NOW)
    return "/" + confirm_url(signup).split("/", 3)[3]


def written():
    models = (Record, State, Preference, Signup, ServiceMail)
    return [list(model.objects.order_by("pk").values()) for model in models]


def refused(browser, token, kinds=PAGES):
    """What every page says to a token, asked in every way; nothing may be written by it."""
    before, bodies = written(), set()
    for kind in kinds:
        answers = [browser.get(f"/{kind}/{token}/"), browser.head(f"/{kind}/{token}/")]
        if kind != "w":
            answers.append(browser.post(f"/{kind}/{token}/", GIVEN))
        assert {answer.status_code for answer in answers} == {404}, (kind, token)
        assert not any(answer.cookies or b"anna" in answer.content for answer in answers)
        bodies |= {(kind, answer.content) for answer in answers if answer.content}
    assert written() == before
    return bodies


def tokens(anna, asked):
    return unsubscribe_token(Subject(anna.pk, 77)), asked.split("/")[2]


def test_token_137_empty_is_404(anna, browser):
    for kind in PAGES:
        assert {browser.get(f"/{kind}/{rest}").status_code for rest in ("", "/", "%20/")} == {404}


def test_token_138_truncated_and_139_one_character_flipped_are_one_neutral_page(anna, asked, browser):
    bodies = set()
    for token in tokens(anna, asked):
        for n in range(0, len(token), 3):
            flipped = token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :]
            for wrong in filter(None, (token[:n], flipped)):
                bodies |= refused(browser, wrong, ("p", "d"))
    assert len(bodies) == 2  # one a page: nobody learns how close a guess was


def test_token_140_base64_variants_and_padding_are_refused(anna, asked, browser):
    for token in tokens(anna, asked):
        value, signature = token.split(".")
        raw = base64.urlsafe_b64decode(signature + "=")
        last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        same_bytes = [signature[:-1] + c for c in last if base64.urlsafe_b64decode(signature[:-1] + c + "=") == raw]
        assert len(same_bytes) == 4  # the last two bits say nothing
        variants = {*same_bytes, signature + "=", signature.swapcase(), base64.b64encode(raw).decode(), raw.hex()} - {
            signature
        }
        for variant in variants:
            refused(browser, f"{value}.{variant}", ("p", "d"))
        for form in {
            f"0{value}",
            f"+{value}",
            f"{value}-",
            value.replace("-", "%2D%2D"),
            f"%0a{value}",
            f"{value}%00",
        } - {value}:
            refused(browser, f"{form}.{signature}", ("p", "d"))


def test_token_141_expired_confirms_nothing(anna, asked, browser, at):
    at.move_to(NOW.replace(month=4))
    before = written()
    assert browser.post(asked).status_code == 410
    assert written() == before
    assert browser.get(link(anna, "p")).status_code == 200  # who wants to leave can, however old the mail


def test_token_142_used_twice_does_the_same_once(anna, asked, browser):
    for path, given in ((asked, {}), (link(anna), {"confirm": "page"}), (link(anna, "p"), {"withdraw_all": "1"})):
        assert browser.post(path, given).status_code == 200
        before = written()
        assert browser.post(path, given).status_code == 200
        assert written() == before


def test_token_143_of_another_person_touches_nobody_else(anna, person, browser):
    ben = person("ben", "email_marketing", "profiling")
    ours = unsubscribe_token(Subject(anna.pk, 77)).split(".")[1]
    refused(browser, f"{ben.pk}-77.{ours}")
    browser.post(link(anna, "p"), {"withdraw_all": "1", "contact": ben.pk, "email": ben.email})
    assert set(State.objects.filter(contact=ben).values_list("granted", flat=True)) == {True}


@pytest.mark.parametrize(
    "salt",
    [
        "orchestrator.channels.click",
        "orchestrator.channels.open",
        "journeys.offers.decline",
        "journeys.surveys",
        "",
        CONFIRM,
    ],
)
def test_token_144_of_another_purpose_opens_no_door(anna, browser, salt):
    for value in (f"{anna.pk}-77", f"{anna.pk}-0", str(anna.pk)):
        kinds = ("u", "p", "w") if salt == CONFIRM else PAGES
        refused(browser, Signer(salt=salt or None, sep=".").sign(value), kinds)


def test_token_144_of_a_mail_confirms_nothing(anna, asked, browser):
    for value in (f"{anna.pk}-77", str(Signup.objects.get().pk)):
        refused(browser, Signer(salt=SALT, sep=".").sign(value), ("d",))


def test_token_145_after_a_merge_is_the_survivors(anna, person, browser):
    double = person("double", "email_marketing", email="double@mail.example")
    where = link(double, "p")
    merge_contacts(survivor_id=anna.pk, loser_id=double.pk, why="manual", by="maja", now=NOW)
    assert browser.post(where, {"withdraw_all": "1"}).status_code == 200
    assert set(State.objects.filter(contact=anna).values_list("granted", flat=True)) == {False}


def test_token_146_after_erasure_says_what_a_forged_one_does(anna, asked, browser):
    paths = [link(anna, kind) for kind in ("u", "p", "w")] + [asked]
    State.objects.all().delete()
    Contact.objects.all().delete()
    before = written()
    for path in paths:
        for answer, forged in (
            (browser.get(path), browser.get(f"/{path[1]}/1-1.x/")),
            (browser.post(path, GIVEN), browser.post(f"/{path[1]}/1-1.x/", GIVEN)),
        ):
            assert (answer.status_code, answer.content) == (forged.status_code, forged.content)
    assert written() == before
    assert not Contact.objects.exists()


def test_token_147_ten_thousand_guesses_find_nothing_and_learn_nothing(anna):
    """No limit of guesses is kept: of 2^256 signatures one is right, and a counter by address would be one more trace."""
    signature = unsubscribe_token(Subject(anna.pk, 77)).split(".")[1]
    assert len(base64.urlsafe_b64decode(signature + "=")) * 8 == 256
    hits = 0
    for n in range(10_000):
        guess = base64.urlsafe_b64encode(n.to_bytes(32)).decode().rstrip("=")
        hits += subject_of(f"{anna.pk}-77.{guess}") is not None
    assert hits == 0


def test_token_147_guesses_take_as_long_whoever_they_name(anna, browser):
    def guess(contact_id, n=0):
        assert browser.get(f"/p/{contact_id}-77.{n:043}/").status_code == 404

    def asked(contact_id):
        with CaptureQueriesContext(connection) as seen:
            guess(contact_id)
        return [query["sql"].replace(str(contact_id), "id") for query in seen]

    def took(contact_id):
        times = []
        for n in range(40):
            begun = time.thread_time()  # of the processor: what the rest of the machine does counts for nothing
            guess(contact_id, n)
            times.append(time.thread_time() - begun)
        return min(times)

    took(anna.pk)
    assert asked(anna.pk) == asked(2**62)
    assert abs(took(anna.pk) - took(2**62)) < 0.005
