"""Shows a text as one person gets it: subject, mail, plain text, what is missing, and which variant is chosen and why."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.profiles.models import Contact
from journeys.content import rendering
from journeys.content.models import Block
from journeys.content.page import variant_name
from journeys.content.queries import NO_FOOTER, NO_LINK, Content, context_of, render
from journeys.content.rules import (
    LANGUAGE_NAMES,
    SUBJECT_SEEN,
    ContentProblem,
    Key,
    choose_key,
    sms_length,
    with_stop,
)
from journeys.content.texts import Texts, key_of, variant_of
from orchestrator.kernel.fields import translated

DARK_QUERY = "@media (prefers-color-scheme: dark)"
EXAMPLE = {
    "lines": [{"name": "Leuchte Nord 3", "price": 89}, {"name": "Leuchtmittel E27", "price": 7.5, "quantity": 2}],
    "value": 104,
}
OFFER = {"name": "10 %", "code": "NORD-10", "valid_until": "2026-12-31", "value": "10"}
SURVEY = {
    "question": "0–10?",
    "url": "https://survey.invalid/",
    "choices": [{"label": label, "url": "https://survey.invalid/"} for label in ("A", "B", "C")],
}


class Look(NamedTuple):
    """What a person sees of a text. failure: why nothing can be shown."""

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    failure: str = ""


def look(block: Block, texts: Texts, person: Contact) -> Look:
    """Fill one text for one person. Its links to unsubscribe do not work; the HTML is for a sandboxed frame only."""
    variant = variant_of(texts)
    content = Content(block, {key_of(texts): variant})
    names = {"en": block.name_en, "de": block.name_de}
    try:
        made = render(
            content, contact=person, journey=names, key="4711", evidence=EXAMPLE, unsubscribe=NO_LINK, footer=NO_FOOTER,
            language=texts["language"], channel=texts["channel"], arm=texts["arm"], more={"offer": OFFER, "survey": SURVEY},
        )  # fmt: skip
        preheader = rendering.render_texts([texts["preheader"]], context_of(person, block.name, "4711", EXAMPLE))[0]
    except ContentProblem as problem:
        return Look(failure=str(problem))
    own = made.html.replace(f"{settings.PUBLIC_URL}/media/", "/media/")  # also where this page has another address
    return Look(made.subject, preheader, own, made.text)


def missing_for(texts: Texts, person: Contact, name: str) -> list[str]:
    """List the values that this person lacks and no fallback catches."""
    context = context_of(person, name, "4711", EXAMPLE) | {"offer": OFFER, "survey": SURVEY}
    found: dict[str, None] = {}
    for said in rendering.check_text([texts[field] for field in ("subject", "preheader", "body")], context):
        found |= dict.fromkeys(said.missing)
    return list(found)


def in_light(html: str, *, dark: bool) -> str:
    """Have a mail look as on a device in the dark, or in the light, whatever this one is."""
    return html.replace(DARK_QUERY, "@media all" if dark else "@media not all")


def why_chosen(keys: Sequence[Key], shown: Key, person: Contact, arm: str) -> str:
    """Say in a sentence which variant a person gets and why, and whether it is the one that is shown."""
    chosen = choose_key(keys, shown[0], person.language, arm)
    speaks = translated(LANGUAGE_NAMES.get(person.language, person.language))
    if chosen is None:
        return _("Nothing is written for %(name)s on this channel.") % {"name": person.name}
    said = {"name": person.name, "language": speaks, "variant": variant_name(chosen)}
    if chosen[1] == person.language:
        why = _("%(name)s speaks %(language)s and gets: %(variant)s.") % said
    else:
        why = _("%(name)s speaks %(language)s; there is no such text, so: %(variant)s.") % said
    if chosen != shown:
        why += " " + _("You are looking at: %(variant)s.") % {"variant": variant_name(shown)}
    return why


def shown(
    block: Block, variants: Sequence[Texts], texts: Texts, person: Contact | None, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that a preview shows, as plain values. asked: words, dark, phone, as the page was asked for them."""
    if person is None:
        return {"nobody": True, **asked}
    if not texts["body"] and not texts["subject"]:
        return {"blank": True, **asked}
    seen = look(block, texts, person)
    key = key_of(texts)
    length = sms_length(seen.text)
    return {
        **asked,
        "person": {"id": person.pk, "name": person.name},
        "channel": texts["channel"],
        "subject": seen.subject,
        "preheader": seen.preheader,
        "text": seen.text,
        "failure": seen.failure,
        "html": seen.html,
        "missing": [] if seen.failure else missing_for(texts, person, block.name),
        "why": why_chosen([key_of(one) for one in variants] or [key], key, person, texts["arm"]),
        "subject_length": len(seen.subject),
        "subject_seen": SUBJECT_SEEN,
        "length": length._asdict() if texts["channel"] == "sms" else None,
        "stop": _stop(seen.text, texts["language"]) if texts["channel"] == "sms" else None,
        "characters": len(seen.text),
    }


def _stop(text: str, language: str) -> dict[str, Any] | None:
    """The line that marketing gets added to a text message, and what it is charged as then; None where the text says it itself."""
    line = settings.SMS_STOP[language]
    whole = with_stop(text, line)
    return None if whole == text else {"line": line, "segments": sms_length(whole).segments}
