"""The doors for people with a signed link, and for mail programs that follow RFC 8058. Only a POST changes anything."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent.preferences import centre, operations, queries
from consent.preferences.pages import public_page
from consent.preferences.rules import Subject
from consent.purposes.models import Purpose
from contacts.profiles.models import Contact

UNSUBSCRIBE = "consent/preferences/unsubscribe.html"
CENTRE = "consent/preferences/centre.html"


@csrf_exempt  # the signed token is the permission; mail programs post without cookies (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button, a second one for a topic alone; a POST, from them or from the mail program, withdraws."""
    subject, contact = _who(token)
    if subject is None or contact is None:
        return _unknown(request, UNSUBSCRIBE)
    language = language_of(request, contact.language)
    topic = Purpose.objects.filter(slug=subject.topic).first() if subject.topic else None
    values: dict[str, Any] = {"state": "ask", "token": token, "topic": topic.named(language) if topic else ""}
    if request.method == "POST":
        only_topic = topic is not None and b"confirm=topic" in request.body
        how = "page" if only_topic or b"confirm=page" in request.body else "one_click"
        operations.unsubscribe(subject=subject, how=how, now=timezone.now(), only_topic=only_topic)
        values["state"] = "topic_done" if only_topic else "done"
    return public_page(UNSUBSCRIBE, values, language=language)


@csrf_exempt  # the signed token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody agreed to and how often they hear from us; a POST keeps what they chose."""
    subject, contact = _who(token)
    if subject is None or contact is None:
        return _unknown(request, CENTRE)
    language, now = language_of(request, contact.language), timezone.now()
    saved = centre.NOTHING
    if request.method == "POST":
        saved = centre.keep(subject, contact, request.POST, language=language, url=_address(request), now=now)
    values = centre.page(subject, contact, saved, language=language, now=now)
    return public_page(
        CENTRE,
        {**values, "token": token, "other": other_language(language)},
        language=language,
        status=422 if saved.wrong else 200,
    )


def language_of(request: HttpRequest, known: str = "") -> str:
    """The language of a public page: the one that was clicked, else the person's, else the browser's."""
    for language in (request.GET.get("lang", ""), known, (translation.get_language() or "")[:2]):
        if language in dict(settings.LANGUAGES):
            return language
    return "en"


def other_language(language: str) -> list[tuple[str, str]]:
    """The other languages of a page, each with its own name."""
    return [(code, name) for code, name in settings.LANGUAGES if code != language]


def _address(request: HttpRequest) -> str:
    return f"{settings.PUBLIC_URL}{request.path}"


def _who(token: str) -> tuple[Subject | None, Contact | None]:
    subject = queries.subject_of(token)
    return subject, Contact.objects.filter(pk=subject.contact_id).first() if subject else None


def _unknown(request: HttpRequest, page: str) -> HttpResponse:
    """The same words for a link that is not ours and for somebody who is gone."""
    return public_page(page, {"state": "unknown"}, language=language_of(request), status=404)
