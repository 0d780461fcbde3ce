"""The page of a survey: open to whoever has the link, answers by POST only, says nothing to a link that is not ours."""

import pytest
from django.urls import reverse

from contacts.models import Event
from journeys.models import Touch
from journeys.surveys.queries import survey_url
from tests.flows.conftest import world  # noqa: F401
from tests.journeys.steps.test_survey import Asked


@pytest.fixture
def asked(world):  # noqa: F811
    return Asked(world)


@pytest.fixture
def page(asked):
    asked.live(comment=True)
    asked.come()
    return "/s/" + survey_url(Touch.objects.get().pk).split("/s/")[1]


def answers():
    return list(Event.objects.filter(name="survey_answered").values_list("properties__answer", flat=True))


def test_answer_page_shows_the_question_in_the_language_of_the_person(client, page):
    html = client.get(page).content.decode()
    for said in ("How was it?", 'value="good"', "Good", 'type="radio"', "<textarea", '<html lang="en">'):
        assert said in html
    Touch.objects.get().contact.__class__.objects.update(language="de")
    assert "Wie war es?" in client.get(page).content.decode()


@pytest.mark.parametrize("how", ["get", "head", "options"])
def test_looking_never_answers(client, page, how):
    for address in (page, f"{page}?answer=good", f"{page}?answer=good&confirm=1"):
        getattr(client, how)(address, HTTP_PURPOSE="prefetch")
    assert answers() == []


def test_address_of_an_answer_marks_it_only(client, page):
    html = client.get(f"{page}?answer=bad").content.decode()
    assert 'value="bad" required checked' in html
    assert 'value="good" required checked' not in html
    assert "checked" not in client.get(f"{page}?answer=%3Cscript%3E").content.decode()


def test_post_answers_once_and_says_thanks(client, page):
    html = client.post(page, {"answer": "good", "comment": "<script>alert(1)</script>"}).content.decode()
    assert "Thank you" in html
    assert answers() == ["good"]
    again = client.post(page, {"answer": "bad"}).content.decode()
    assert "<strong>Good</strong>" in again
    assert answers() == ["good"]
    assert "<strong>Good</strong>" in client.get(page).content.decode()


@pytest.mark.parametrize(
    "given", [{}, {"answer": ""}, {"answer": "other"}, {"answer": "good\0"}, {"comment": "x" * 5000}]
)
def test_post_without_an_answer_asks_again(client, page, given):
    response = client.post(page, given)
    assert response.status_code == 422
    assert "Please choose an answer" in response.content.decode()
    assert answers() == []


def test_answer_page_is_private_and_sets_no_cookie(client, page):
    response = client.get(page)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    client.handler.enforce_csrf_checks = True
    assert client.post(page, {"answer": "good"}).status_code == 200


def test_every_changed_letter_of_the_link_leads_to_the_neutral_page(client, page):
    token = page.removeprefix("/s/").removesuffix("/")
    number, _, signature = token.partition(".")
    changed = [
        f"{int(number) + 1}.{signature}",
        f"0{number}.{signature}",
        f"{number}.{signature[:-1]}",
        f"{number}.{signature}x",
        number,
        f".{signature}",
        token.swapcase(),
        token[::-1],
        "x" * 2000,
        *(token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(len(token))),
    ]
    for one in changed:
        for response in (client.get(f"/s/{one}/"), client.post(f"/s/{one}/", {"answer": "good"})):
            assert response.status_code == 404
            assert "How was it?" not in response.content.decode()
    assert answers() == []


def test_token_of_another_door_opens_nothing(client, page):
    from consent.preferences.queries import unsubscribe_url
    from orchestrator.channels.queries import CLICK, _signed

    touch = Touch.objects.get()
    unsubscribe = unsubscribe_url(contact_id=touch.contact_id, touch_id=touch.pk).split("/u/")[1].rstrip("/")
    for token in (unsubscribe, _signed(CLICK, touch.pk, 0)):
        assert client.get(reverse("survey", args=[token])).status_code == 404


def test_link_of_somebody_who_was_erased_is_neutral(client, page):
    Touch.objects.get().delete()
    assert client.get(page).status_code == 404


def test_grades_are_eleven_choices(client, asked):
    asked.live(nps=True)
    asked.come()
    page = "/s/" + survey_url(Touch.objects.get().pk).split("/s/")[1]
    assert client.get(page).content.decode().count('type="radio"') == 11
    client.post(page, {"answer": "0"})
    assert answers() == [0]
    assert "<strong>0</strong>" in client.get(page).content.decode()
