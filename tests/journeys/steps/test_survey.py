"""A survey asks by a message, waits, and sends everybody the way of the answer; nothing but a person's POST answers."""

import re
from datetime import timedelta

import pytest
from django.core import mail

from contacts.models import Contact, Event
from journeys.definitions.check import check
from journeys.models import Block, Enrollment, Touch, Variant
from journeys.steps.registry import say_exit, say_step, validate_step
from journeys.surveys.operations import NotAnAnswer, answer_survey
from journeys.surveys.queries import survey_url
from orchestrator.channels.operations import deliver_touches
from tests.flows.conftest import NOW, journey, names, world  # noqa: F401

QUESTION = {"en": "How was it?", "de": "Wie war es?"}
CHOICES = [
    {"key": "good", "label": {"en": "Good", "de": "Gut"}},
    {"key": "bad", "label": {"en": "Bad", "de": "Schlecht"}},
]
BODY = (
    "<mj-text>{{ survey.question }}</mj-text><mj-button href='{{ survey.url }}'>Answer</mj-button>"
    "<mj-text>{% for one in survey.choices %}<a href='{{ one.url }}'>{{ one.label }}</a> {% endfor %}</mj-text>"
)


class Asked:
    def __init__(self, world):  # noqa: F811
        self.world = world
        block = Block.objects.create(
            slug="ask", phase="purchase", state="approved", changed_at=NOW, name_en="Ask", name_de="Frage"
        )
        for language in ("en", "de"):
            Variant.objects.create(block=block, language=language, subject="A question", body=BODY)

    def live(self, **more):
        ask = {"key": "ask", "kind": "survey", "block": "ask", "question": QUESTION, "at_most": "3d", "next": "done"}
        ways = {"timeout": "late", "not_sent": "silent"}
        steps = [
            {**ask, **ways, **({} if "nps" in more else {"choices": CHOICES}), **more},
            *(
                {"key": key, "kind": "wait", "for": "30d", "next": "end"}
                for key in ("done", "late", "silent", "happy", "sad")
            ),
            {"key": "end", "kind": "end"},
        ]
        return journey("survey", steps)

    def come(self, name="anna", **more):
        person = self.world.person(name, language="en", **more)
        self.world.does(person, "cart_updated")
        self.world.pulse()
        deliver_touches(now=lambda: self.world.now)
        self.world.pulse()
        return person

    def answer(self, person, answer, comment="", **later):
        self.world.now += timedelta(**later)
        touch = Touch.objects.select_related("step", "journey").get(contact=person)
        taken = answer_survey(touch=touch, answer=answer, comment=comment, now=self.world.now)
        self.world.pulse()
        return taken


@pytest.fixture
def asked(world):  # noqa: F811
    return Asked(world)


def test_message_asks_with_addresses_and_the_person_stays(asked):
    asked.live()
    anna = asked.come()
    assert asked.world.at(anna) == "ask"
    assert asked.world.touches(anna) == [("ask", "sent", "")]
    html = mail.outbox[0].alternatives[0][0]
    assert "How was it?" in html
    assert html.count("/c/") >= 3  # the clicks are counted, and lead to the page of the survey


def test_answer_moves_at_once_and_is_an_event(asked):
    asked.live(comment=True)
    anna = asked.come()
    assert asked.answer(anna, "good", "  nice\x00 shop  ", hours=5)
    assert asked.world.at(anna) == "done"
    event = Event.objects.get(name="survey_answered")
    touch = Touch.objects.get()
    assert event.properties == {
        "survey": "ask", "journey": "survey", "answer": "good", "touch": touch.pk, "text": "nice shop",
    }  # fmt: skip
    asked.world.adds_up()


def test_second_answer_changes_nothing(asked):
    asked.live()
    anna = asked.come()
    assert asked.answer(anna, "good")
    assert not asked.answer(anna, "bad", minutes=1)
    assert Event.objects.get(name="survey_answered").properties["answer"] == "good"


@pytest.mark.parametrize(("answer", "way"), [("good", "happy"), ("bad", "sad")])
def test_by_answer_each_goes_its_way(asked, answer, way):
    choices = [CHOICES[0] | {"next": "happy"}, CHOICES[1] | {"next": "sad"}]
    asked.live(choices=choices, by_answer=True)
    anna = asked.come()
    asked.answer(anna, answer)
    assert asked.world.at(anna) == way
    assert asked.world.path(anna)[-1] == ("ask", answer)


@pytest.mark.parametrize(
    ("grade", "way"), [("10", "happy"), ("9", "happy"), ("8", "done"), ("7", "done"), ("6", "sad"), ("0", "sad")]
)
def test_grade_goes_the_way_of_its_group_and_stays_a_number(asked, grade, way):
    asked.live(nps=True, by_answer=True, promoters="happy", detractors="sad", attribute="grade")
    anna = asked.come()
    asked.answer(anna, grade)
    assert asked.world.at(anna) == way
    assert Event.objects.get(name="survey_answered").properties["answer"] == int(grade)


def test_nobody_answers_and_the_time_is_over(asked):
    asked.live()
    anna = asked.come()
    asked.world.later(days=2, hours=23)
    assert asked.world.at(anna) == "ask"
    asked.world.later(hours=2)
    assert asked.world.at(anna) == "late"
    assert asked.answer(anna, "good", days=1)  # late is still an answer, and moves nobody any more
    assert asked.world.at(anna) == "late"
    asked.world.adds_up()


def test_person_who_may_not_be_asked_goes_the_way_of_it(asked):
    asked.live()
    ben = asked.come("ben", consents=("profiling",))
    assert asked.world.touches(ben)[0][:2] == ("ask", "suppressed")
    assert asked.world.at(ben) == "silent"


def test_answer_counts_without_consent_to_profiling(asked):
    asked.live()
    anna = asked.come()
    Contact.objects.filter(pk=anna.pk).update(updated_at=asked.world.now)
    from consent.records.operations import record_consent

    record_consent(contact_id=anna.pk, purpose="profiling", decision="withdrawn", source="test", now=asked.world.now)
    asked.answer(anna, "bad", minutes=5)
    assert asked.world.at(anna) == "done"


def test_answer_of_somebody_else_or_of_another_run_moves_nobody(asked):
    asked.live()
    anna, ben = asked.come("anna"), asked.come("ben")
    asked.answer(ben, "good")
    assert (asked.world.at(anna), asked.world.at(ben)) == ("ask", "done")


@pytest.mark.parametrize("bad", ["", "great", "11", "-1", "good ", "{{ 7 }}", "x" * 5000])
def test_answer_that_is_none_writes_nothing(asked, bad):
    asked.live()
    anna = asked.come()
    with pytest.raises(NotAnAnswer):
        asked.answer(anna, bad)
    assert not Event.objects.filter(name="survey_answered").exists()


def test_attribute_keeps_the_answer_typed_or_apart(asked):
    from contacts.attributes.drafts import Draft
    from contacts.attributes.operations import define_attributes

    define_attributes(drafts=[Draft(key="mood", kind="text", name_en="Mood", name_de="Laune")], now=NOW)
    asked.live(attribute="mood")
    anna = asked.come()
    asked.answer(anna, "bad")
    assert Contact.objects.get(pk=anna.pk).attributes == {"mood": "bad"}


def test_arriving_again_is_asked_again_with_another_address(asked):
    asked.live()
    anna = asked.come()
    asked.answer(anna, "good")
    first = survey_url(Touch.objects.get().pk)
    Enrollment.objects.update(left_at=asked.world.now, step=None, due_at=None, reason="completed")
    asked.world.now += timedelta(hours=2)
    asked.world.does(anna, "cart_updated")
    asked.world.pulse()
    run = Enrollment.objects.get(left_at=None)
    assert run.step.key == "ask"
    assert survey_url(Touch.objects.get(enrollment=run).pk) != first


STEP = {"key": "ask", "kind": "survey", "name": names("x"), "block": "ask", "question": QUESTION, "choices": CHOICES}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"question": "How?"}, ".question"),
        ({"question": {"en": "How?"}}, ".question"),
        ({"question": {"en": "", "de": "x"}}, ".question.en"),
        ({"nps": True}, ""),
        ({"choices": CHOICES[:1]}, ".choices"),
        ({"choices": CHOICES * 6}, ".choices"),
        ({"choices": [CHOICES[0], CHOICES[0]]}, ".choices"),
        ({"choices": [CHOICES[0] | {"key": "timeout"}, CHOICES[1]]}, ".choices[0].key"),
        ({"choices": [CHOICES[0] | {"key": "A b"}, CHOICES[1]]}, ".choices[0].key"),
        ({"choices": [CHOICES[0] | {"label": "x"}, CHOICES[1]]}, ".choices[0].label"),
        ({"choices": ["x", "y"]}, ".choices[0]"),
        ({"block": ""}, ".block"),
        ({"comment": "yes"}, ".comment"),
        ({"attribute": "email"}, ".attribute"),
        ({"at_most": "soon"}, ".at_most"),
        ({"what": 1}, ".what"),
    ],
)
def test_validate_names_the_place(change, path):
    found = [p for p in validate_step({**STEP, **change}, "", {}) if p.level == "error"]
    assert path in [p.path for p in found]


@pytest.mark.django_db
def test_blank_survives_whatever_shows_drafts():
    from journeys.steps.base import kind_of

    kind = kind_of("survey")
    for step in ({}, kind.blank(), {"by_answer": True}, {"by_answer": True, "choices": [{}]}):
        kind.targets(step, "x")
        kind.aim(step, {"next": "y"})
        assert kind.say(step, "en")
        assert kind.say(step, "de")
        assert kind.refers(step) == []


def test_sentences(asked):
    version = asked.live(by_answer=True)
    step = version.steps.get(key="ask")
    assert say_step(step, "en") == "asks “How was it?” by “ask”, waits at most 3 days for the answer"
    assert say_step(step, "de").startswith("fragt „Wie war es?“ mit „ask“, wartet höchstens 3 Tage")
    assert [say_exit(step, way, "de") for way in ("good", "timeout", "not_sent")] == [
        "Gut",
        "keine Antwort innerhalb von 3 Tagen",
        "nicht gesendet",
    ]
    assert not re.search("error", str([p for p in check(version.definition) if p.level == "error"]))
