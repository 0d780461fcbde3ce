"""The queue of requests, for the privacy officer to carry out; marketers and sales see and open them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent.privacy import operations, queries
from consent.privacy.erasing import ImportGoing
from consent.privacy.forms import CAME_BY, RectifyForm, RequestForm
from consent.privacy.log_words import say
from consent.privacy.models import Export, Request
from consent.privacy.my_views import zip_answer
from contacts.profiles.listing import contacts as people
from contacts.profiles.models import Contact
from orchestrator.kernel.access import consent_readers, everyone, may_decide_privacy, privacy_only

LARGEST_ID = 2**63 - 1
FOUND = 10
TONES = {"asked": "grey", "open": "blue", "running": "amber", "done": "green", "refused": "red"}


@consent_readers
@require_GET
def privacy_requests(request: HttpRequest) -> HttpResponse:
    """List requests with their due dates."""
    state, kind = request.GET.get("state", "open"), request.GET.get("kind", "")
    today = timezone.localdate()
    found = queries.requests(state=state, kind=kind if kind in Request.Kind.values else "")
    page = Paginator(found, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "rows": [_row(one, today) for one in page],
        "page": page,
        "state": state,
        "kind": kind,
        "kinds": Request.Kind.choices,
        "counts": queries.counts(today),
    }
    return render(request, "consent/privacy/requests.html", context)


@everyone
@require_http_methods(["GET", "POST"])
def privacy_request_new(request: HttpRequest) -> HttpResponse:
    """Open a request for a person: `?contact=` from their page, else they are looked for."""
    asked = request.POST.get("contact") or request.GET.get("contact", "")
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    number = int(asked) if asked.isdecimal() and int(asked) <= LARGEST_ID else None
    contact = Contact.objects.filter(pk=number).first() if number else None
    form = RequestForm(request.POST or None, initial={"kind": request.GET.get("kind", "access")})
    if request.method == "POST" and contact is not None and form.is_valid():
        try:
            made = operations.open_request(
                contact_id=contact.pk,
                by=request.user,  # type: ignore[arg-type]  # signed in
                now=timezone.now(),
                **form.cleaned_data,
            )
        except operations.NobodyThere:
            raise Http404 from None
        messages.success(request, _("The request is in the queue."))
        if may_decide_privacy(request.user):
            return redirect("privacy_request", made)
        return redirect("contact", contact.pk)
    context = {
        "form": form,
        "contact": contact,
        "words": words,
        "found": list(people(words=words)[:FOUND]) if words and contact is None else [],
    }
    return render(request, "consent/privacy/request_new.html", context)


@consent_readers
@require_GET
def privacy_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show one request: who, what, by when, what was done, and what can be done now."""
    return _page(request, _found(request_id))


def _page(request: HttpRequest, found: Request, rectify: RectifyForm | None = None) -> HttpResponse:
    now, language = timezone.now(), get_language() or "en"
    may = may_decide_privacy(request.user)
    open_now = found.state in (Request.State.OPEN, Request.State.RUNNING)
    contact = found.contact
    if may and open_now and contact is not None and found.kind == Request.Kind.RECTIFICATION:
        rectify = rectify or RectifyForm(instance=contact)
    exports = Export.objects.filter(request=found).order_by("-pk").defer("content")
    context: dict[str, Any] = {
        "one": _row(found, timezone.localdate()),
        "text": found.text,
        "contact": contact,
        "twins": list(queries.twins_of(contact.pk)[:FOUND]) if contact else [],
        "restricted": bool(contact and contact.restricted_at),
        "log": [{"what": say(line.what, language), "by": line.by, "at": line.at} for line in found.log.select_related("by")],
        "may": may,
        "open": open_now,
        "again": may and contact is not None and found.state not in (Request.State.ASKED, Request.State.REFUSED),
        "exports": [{"id": e.pk, "kb": max(1, e.size // 1024), "made_at": e.made_at, "over": e.expires_at <= now, "fetched_at": e.fetched_at} for e in exports],
        "rectify": rectify,
        "rows": [],
    }  # fmt: skip
    if may and open_now and contact is not None and found.kind == Request.Kind.ERASURE:
        person = queries.person_of(contact.pk)
        context["rows"] = sorted(queries.rows_about(person).items(), key=lambda row: -row[1]) if person else []
    return render(request, "consent/privacy/request.html", context)


@privacy_only
@require_POST
def privacy_request_do(request: HttpRequest, request_id: int) -> HttpResponse:
    """Do one thing with a request."""
    found, what, now = _found(request_id), request.POST.get("what", ""), timezone.now()
    if not may_decide_privacy(request.user):
        raise PermissionDenied
    text = request.POST.get("text", "").replace("\0", "").strip()
    given: dict[str, Any] = {"request_id": request_id, "by": request.user, "now": now}
    try:
        if what == "rectify" and found.contact is not None:
            return _rectify(request, found, given)
        _do(request, what, text, given)
    except operations.NotNow:
        messages.error(request, _("This request is over already, or not confirmed yet."))
    except operations.NobodyThere:
        messages.error(request, _("This person is not there any more."))
    except ImportGoing:
        messages.error(
            request, _("An import is running that may bring the person in again. Please try again in some minutes.")
        )
    return redirect("privacy_request", request_id)


def _do(request: HttpRequest, what: str, text: str, given: dict[str, Any]) -> None:
    if what == "take":
        operations.take_request(**given)
    elif what in ("note", "refuse") and not text:
        messages.error(request, _("Please say something."))
    elif what == "note":
        operations.note_request(text=text, **given)
    elif what == "refuse":
        operations.refuse_request(why=text, **given)
        messages.success(request, _("Refused. The person has to be told why, and that they may complain."))
    elif what in ("export", "export_mail"):
        operations.carry_out_access(send=what == "export_mail", **given)
        messages.success(request, _("The export is ready for 24 hours."))
    elif what == "erase" and request.POST.get("sure") != "yes":
        messages.error(request, _("Please tick that you have checked who asks."))
    elif what == "erase":
        operations.carry_out_erasure(**given)
        messages.success(request, _("The person is erased."))
    elif what == "object":
        operations.carry_out_objection(**given)
        messages.success(request, _("Nothing is sent to this person for marketing any more."))
    elif what in ("restrict", "lift"):
        operations.carry_out_restriction(on=what == "restrict", **given)
        messages.success(request, _("Done."))


def _rectify(request: HttpRequest, found: Request, given: dict[str, Any]) -> HttpResponse:
    form = RectifyForm(request.POST, instance=get_object_or_404(Contact, request=found.pk))
    if form.is_valid():
        try:
            operations.carry_out_rectification(fields=form.values(), **given)
        except IntegrityError:
            form.add_error("external_id", _("Somebody else is called like this."))
        else:
            messages.success(request, _("Done."))
            return redirect("privacy_request", found.pk)
    return _page(request, found, form)


@privacy_only
@require_GET
def privacy_export(request: HttpRequest, export_id: int) -> HttpResponse:
    """Download an export; who did it stands in the log."""
    content = operations.fetch_export(export_id=min(export_id, LARGEST_ID), by=request.user, now=timezone.now())  # type: ignore[arg-type]  # signed in
    if content is None:
        raise Http404
    return zip_answer(content)


def _found(request_id: int) -> Request:
    return get_object_or_404(Request.objects.select_related("contact", "owner"), pk=min(request_id, LARGEST_ID))


def _row(one: Request, today: Any) -> dict[str, Any]:
    waiting = one.state in (Request.State.OPEN, Request.State.RUNNING)
    return {
        "id": one.pk,
        "kind": one.kind,
        "kind_name": one.get_kind_display(),
        "contact": one.contact,
        "state": one.state,
        "state_name": one.get_state_display(),
        "tone": TONES[one.state],
        "received_at": one.received_at,
        "due_on": one.due_on,
        "overdue": waiting and one.due_on < today,
        "days": (one.due_on - today).days if waiting else None,
        "late": (today - one.due_on).days if waiting and one.due_on < today else 0,
        "done_at": one.done_at,
        "owner": one.owner,
        "source_name": CAME_BY.get(one.source, one.source),
    }
