"""Takes an answer: an event, and where the step says so an attribute. The first answer counts."""

from datetime import datetime

from django.db import transaction

from contacts.events.models import EventType
from contacts.events.operations import NewEvent, record_events
from contacts.profiles.operations import NewContact, upsert_contacts
from journeys.content.rules import CONTROLS
from journeys.enrollments.models import Touch
from journeys.surveys.queries import ANSWERED, choices_of

SOURCE = "survey"
COMMENT_LIMIT = 1_000  # characters


class NotAnAnswer(Exception):
    """What was chosen is none of the answers. Nothing was written."""


@transaction.atomic
def answer_survey(*, touch: Touch, answer: str, comment: str, now: datetime) -> bool:
    """Record the answer of a person to one message, and wake the journey. False: there was one already, and it stays.

    touch: with step and journey. Raises NotAnAnswer.
    """
    step = touch.step
    if answer not in {one["value"] for one in choices_of(step.settings, "en")}:
        raise NotAnAnswer(answer[:40])
    value = int(answer) if step.settings.get("nps") else answer
    properties = {"survey": step.key, "journey": touch.journey.slug, "answer": value, "touch": touch.pk}
    if step.settings.get("comment") and (text := CONTROLS.sub("", comment).strip()[:COMMENT_LIMIT]):
        properties["text"] = text
    EventType.objects.get_or_create(
        slug=ANSWERED,
        defaults={"kind": EventType.Kind.FEEDBACK, "name_en": "Survey answered", "name_de": "Umfrage beantwortet"},
    )
    event = NewEvent(touch.contact_id, ANSWERED, now, properties, f"survey-{touch.pk}")
    if not record_events(events=[event], source=SOURCE, now=now)[0]:
        return False
    if key := step.settings.get("attribute"):
        upsert_contacts(
            people=[NewContact(contact_id=touch.contact_id, attributes={key: value})], now=now, source=SOURCE
        )
    return True
