"""The door for people with an unsubscribe link and for mail programs that follow RFC 8058."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent.preferences import operations, queries
from contacts.profiles.models import Contact

PAGE = "consent/preferences/unsubscribe.html"


@csrf_exempt  # the signed token is the permission; mail programs post without cookies (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; a POST, from it or from the mail program, withdraws."""
    subject = queries.subject_of(token)
    language = subject and Contact.objects.filter(pk=subject.contact_id).values_list("language", flat=True).first()
    if subject is None or language is None:
        return _page({"state": "unknown"}, translation.get_language() or "en", status=404)
    if request.method != "POST":
        return _page({"state": "ask"}, language)
    how = "page" if b"confirm=page" in request.body else "one_click"
    operations.unsubscribe(subject=subject, how=how, now=timezone.now())
    return _page({"state": "done"}, language)


def _page(values: dict[str, str], language: str, status: int = 200) -> HttpResponse:
    # Rendered without the request: no session is opened, no cookie is set.
    with translation.override(language):
        response = HttpResponse(render_to_string(PAGE, {**values, "language": language}), status=status)
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
