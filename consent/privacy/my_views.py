"""What a person can ask for without a login. A link from a mail only asks; a mail to their own address makes it real."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent.preferences.pages import public_page
from consent.preferences.queries import subject_of
from consent.privacy import asking, links, operations, queries
from consent.privacy.models import Request
from contacts.profiles.models import Contact

ASK, CONFIRM, FETCH = (f"consent/privacy/{name}.html" for name in ("my_data", "my_request", "my_export"))
MOST_TEXT = 2_000


def _language(contact_id: int | None) -> str | None:
    return Contact.objects.filter(pk=contact_id).values_list("language", flat=True).first() if contact_id else None


def _nothing(template: str) -> HttpResponse:
    """The same page whether a link was never ours, ran out, or its person is gone."""
    return public_page(template, {"state": "unknown"}, language=translation.get_language() or "en", status=404)


@csrf_exempt  # the signed token is the permission, and all it can do is have us write to the person's own address
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest, token: str) -> HttpResponse:
    """Show what can be asked for; a POST has a mail sent to the person's own address."""
    subject = subject_of(token)
    language = _language(subject.contact_id if subject else None)
    if subject is None or language is None:
        return _nothing(ASK)
    values = {"state": "ask", "token": token, "kinds": Request.Kind.values}
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind in Request.Kind.values:
            text, now = request.POST.get("text", "").replace("\0", "")[:MOST_TEXT], timezone.now()
            if queries.asked_enough(subject.contact_id, now):
                values["state"] = "enough"
            else:
                made = asking.ask(kind=kind, contact_id=subject.contact_id, text=text, now=now)
                values["state"] = "asked" if made else "no_address"
    return public_page(ASK, values, language=language)


@csrf_exempt  # the signed token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def my_request(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; the POST makes a request real."""
    request_id = links.request_of(token)
    found = Request.objects.filter(pk=request_id).exclude(contact=None).first() if request_id else None
    language = _language(found.contact_id if found else None)
    if found is None or language is None:
        return _nothing(CONFIRM)
    if request.method == "POST":
        done = asking.confirm(request_id=found.pk, now=timezone.now())
        if done is None:
            return _nothing(CONFIRM)
        done.refresh_from_db()
        return public_page(CONFIRM, {"state": "done", "kind": done.kind, "due_on": done.due_on}, language=language)
    state = "ask" if found.state == Request.State.ASKED else "done"
    return public_page(CONFIRM, {"state": state, "kind": found.kind, "due_on": found.due_on}, language=language)


@csrf_exempt  # the signed token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def my_export(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; the POST gives the file."""
    export_id = links.export_of(token)
    now = timezone.now()
    found = queries.fetchable(export_id, now) if export_id else None
    language = _language(found.contact_id if found else None)
    if found is None or language is None:
        return _nothing(FETCH)
    if request.method == "POST":
        content = operations.fetch_export(export_id=found.pk, by=None, now=now)
        return zip_answer(content) if content is not None else _nothing(FETCH)
    return public_page(FETCH, {"state": "ask", "size": max(1, found.size // 1024)}, language=language)


def zip_answer(content: bytes) -> HttpResponse:
    """Give a zip to keep, which nothing in between keeps."""
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="data.zip"'
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
