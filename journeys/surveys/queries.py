"""Signed addresses of surveys: made for a message, and read when somebody follows one."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer

from contacts.events.models import Event
from journeys.enrollments.models import Touch

SALT = "journeys.surveys.answer"  # its own: a token of tracking never opens this door
KIND, ANSWERED = "survey", "survey_answered"
FORM = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
GRADES = range(11)


def survey_context(touch: Touch) -> dict[str, Any]:
    """What the text of a message may use: the question, the address of the page, each answer with an address of its own.

    touch: with contact and step. Empty where the step asks nothing. An address with an answer only marks it there.
    """
    if touch.step.kind != KIND:
        return {}
    language = touch.contact.language
    url = survey_url(touch.pk)
    choices = [
        {"label": one["label"], "url": f"{url}?answer={one['value']}"}
        for one in choices_of(touch.step.settings, language)
    ]
    return {"question": in_language(touch.step.settings["question"], language), "url": url, "choices": choices}


def survey_url(touch_id: int) -> str:
    """The address under which one person answers one survey, without a login."""
    return f"{settings.PUBLIC_URL}/s/{Signer(salt=SALT, sep='.').sign(str(touch_id))}/"


def asked_by(token: str) -> Touch | None:
    """The touch whose message asks; None when a byte of the token is not ours, or the person was erased."""
    try:
        number = Signer(salt=SALT, sep=".").unsign(token)
    except BadSignature:
        return None
    if not FORM.fullmatch(number):
        return None
    found = Touch.objects.select_related("contact", "step", "journey").filter(pk=int(number), step__kind=KIND).first()
    return found


def answer_to(touch: Touch) -> Any:
    """The answer that was given to a touch, or None."""
    given = Event.objects.filter(
        contact_id=touch.contact_id, name=ANSWERED, occurred_at__gte=touch.proposed_at, properties__touch=touch.pk
    )
    return given.values_list("properties__answer", flat=True).first()


def choices_of(step: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """What can be answered, as value and label."""
    if step.get("nps"):
        return [{"value": str(grade), "label": str(grade)} for grade in GRADES]
    return [{"value": one["key"], "label": in_language(one["label"], language)} for one in step["choices"]]


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text in the person's language, else in English."""
    return texts.get(language) or texts["en"]
