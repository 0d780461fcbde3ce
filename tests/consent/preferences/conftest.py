"""Anna, who agreed by form; texts under which people agree; a browser without cookies; a form."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from consent.models import Purpose, SignupForm, Wording
from consent.preferences.form_editing import save_form
from consent.preferences.queries import unsubscribe_token
from consent.preferences.rules import Subject
from consent.records.operations import record_consent
from contacts.models import Contact

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXTS = {
    "email_marketing": {"en": "I want news by e-mail.", "de": "Ich möchte Neuigkeiten per E-Mail."},
    "profiling": {"en": "You may use what I look at.", "de": "Sie dürfen nutzen, was ich ansehe."},
    "lamps": {"en": "I want news about lamps.", "de": "Ich möchte Neues über Leuchten."},
}


def write_wording(slug, language, text, version=1):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Wording.objects.create(
        purpose=Purpose.objects.get(slug=slug),
        language=language,
        version=version,
        text=text,
        digest=digest,
        created_at=NOW,
    )


def grant(contact, *purposes, at=NOW - timedelta(days=9)):
    for purpose in purposes:
        record_consent(contact_id=contact.pk, purpose=purpose, decision="granted", source="form", now=at)


def link(contact, kind="u", touch=77, topic=""):
    return f"/{kind}/{unsubscribe_token(Subject(contact.pk, touch, topic))}/"


@pytest.fixture
def person(db):
    def make(name="anna", *purposes, language="en", **more):
        values = {"email": f"{name}@mail.example", "language": language, "created_at": NOW, "updated_at": NOW} | more
        contact = Contact.objects.create(**values)
        grant(contact, *purposes)
        return contact

    return make


@pytest.fixture
def texts(db):
    """A topic inside e-mail marketing, and the texts of three purposes."""
    mail = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="lamps", name_en="Lamps", name_de="Leuchten", channel="email", parent=mail)
    return {
        slug: {lang: write_wording(slug, lang, text) for lang, text in said.items()} for slug, said in TEXTS.items()
    }


@pytest.fixture
def form(texts) -> SignupForm:
    given = {"name_en": "News", "name_de": "Neues", "intro_en": "From us", "intro_de": "Von uns", "active": True}
    ids = [Purpose.objects.get(slug=slug).pk for slug in ("email_marketing", "profiling", "lamps")]
    return save_form(slug="news", given=given, fields=["first_name", "country"], purposes=ids, now=NOW)


@pytest.fixture(scope="session")
def browser():
    return Client(enforce_csrf_checks=True)  # one for all: each new one loads the whole chain of middleware
