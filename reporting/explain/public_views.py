"""The public door of "why did I get this?": behind the signed link of a mail, without a login."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from consent.preferences.pages import public_page
from consent.preferences.queries import subject_of
from consent.preferences.views import language_of, other_language
from contacts.profiles.models import Contact
from reporting.explain import public

PAGE = "reporting/explain/why_mail.html"


@require_safe
def why_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Tell why somebody got a mail."""
    subject = subject_of(token)
    contact = Contact.objects.filter(pk=subject.contact_id).first() if subject else None
    if subject is None or contact is None:
        return public_page(PAGE, {"state": "unknown"}, language=language_of(request), status=404)
    language = language_of(request, contact.language)
    touch = public.touch_for(contact.pk, subject.touch_id)
    values = {"state": "none", "token": token, "other": other_language(language)}
    if touch is not None:
        with translation.override(language):
            values |= {"state": "told", **public.why_mail(contact, touch, language)}
    return public_page(PAGE, values, language=language, status=200 if touch else 404)
