"""The doors of offers: list, one, edit, codes, publish, end, conflicts; and the public page of "no thanks"."""

import json
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.signals.queries import event_types
from journeys.offers import conflicts, granting, operations, page, queries
from journeys.offers.forms import CodesForm, OfferForm
from journeys.offers.models import Offer, OfferGrant
from orchestrator.kernel.access import marketing_only

LARGEST_ID = 2**63 - 1
PUBLIC = "journeys/offers/decline.html"


@require_GET
@marketing_only
def offers(request: HttpRequest) -> HttpResponse:
    """List the offers."""
    rows = page.offer_rows(now=timezone.now())
    return render(request, "journeys/offers/list.html", {"rows": rows, "running_out": page.warnings_in(rows)})


@require_GET
@marketing_only
def offer_conflicts(request: HttpRequest) -> HttpResponse:
    """Show which live journeys offer what to the same people."""
    return render(request, "journeys/offers/conflicts.html", {"conflicts": conflicts.conflict_rows()})


@require_GET
@marketing_only
def offer(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one offer: numbers, who has it, where it is made, conflicts."""
    before = request.GET.get("before", "")
    place = min(int(before), LARGEST_ID) if before.isdecimal() else None
    context = page.offer_page(_one(slug), now=timezone.now(), before=place) | {"codes_form": CodesForm()}
    return render(request, "journeys/offers/offer.html", context)


@require_http_methods(["GET", "POST"])
@marketing_only
def offer_new(request: HttpRequest) -> HttpResponse:
    """Make an offer."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def offer_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an offer."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def offer_codes(request: HttpRequest, slug: str) -> HttpResponse:
    """Put codes to an offer."""
    one = _one(slug)
    form = CodesForm(request.POST, request.FILES)
    if one.codes != Offer.Codes.SINGLE:
        messages.error(request, _("This offer has no code for each person."))
    elif not form.is_valid():
        for errors in form.errors.values():
            for error in errors:
                messages.error(request, error)
    else:
        _take_codes(request, slug, form.cleaned_data)
    return redirect("offer", slug)


@require_POST
@marketing_only
def offer_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Let steps make the offer to people."""
    try:
        one = operations.publish_offer(slug=_one(slug).slug, now=timezone.now())
    except operations.NotReady as error:
        for problem in error.problems:
            messages.error(request, problem)
    except operations.WrongState:
        messages.error(request, _("Somebody else was faster: look at its state."))
    else:
        messages.success(request, _("“%(name)s” is live: steps may offer it now.") % {"name": one.name})
    return redirect("offer", slug)


@require_POST
@marketing_only
def offer_end(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the offer to nobody any more."""
    one = _one(slug)
    try:
        n = operations.end_offer(slug=slug, withdraw=request.POST.get("withdraw") == "yes", now=timezone.now())
    except operations.WrongState:
        messages.error(request, _("Somebody else was faster: look at its state."))
    else:
        said = ngettext(
            "“%(name)s” has ended; it was taken back from %(n)d person.",
            "“%(name)s” has ended; it was taken back from %(n)d people.",
            n,
        )
        kept = _("“%(name)s” has ended; whoever has it keeps it until it expires.")
        messages.success(request, (said if n else kept) % {"name": one.name, "n": n})
    return redirect("offer", slug)


@csrf_exempt  # the signed token is the permission; people come from a mail, without cookies
@require_http_methods(["GET", "HEAD", "POST"])
def offer_decline(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; a POST declines, so that machines that follow links decline nothing."""
    grant = queries.grant_of(token)
    if grant is None:
        return _page({"state": "unknown"}, translation.get_language() or "en", status=404)
    language = grant.contact.language or "en"
    values = {"offer": grant.offer.named(language), "state": "ask" if grant.state == OfferGrant.State.OPEN else "over"}
    if grant.state == OfferGrant.State.DECLINED or (
        request.method == "POST" and granting.decline_grant(grant_id=grant.pk, now=timezone.now())
    ):
        values["state"] = "done"
    return _page(values, language)


def _page(values: dict[str, str], language: str, status: int = 200) -> HttpResponse:
    # Rendered without the request: no session is opened, no cookie is set.
    with translation.override(language):
        response = HttpResponse(render_to_string(PUBLIC, {**values, "language": language}), status=status)
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _one(slug: str) -> Offer:
    found = queries.one_offer(slug)
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, one: Offer | None) -> HttpResponse:
    form = OfferForm(request.POST or None, instance=one)
    context: dict[str, Any] = {"form": form, "one": one, "events": list(event_types())}
    if request.method == "POST" and form.is_valid():
        slug = one.slug if one else None
        try:
            saved = operations.save_offer(
                slug=slug, given=form.given(), loaded=form.cleaned_data["loaded"], now=timezone.now()
            )
        except operations.ChangedMeanwhile:
            context["meanwhile"] = True
            # who saves once more has read this, and overwrites what the other one did
            form.data = form.data.copy()
            form.data["loaded"] = json.dumps(queries.exported(Offer.objects.get(slug=slug)))
        except IntegrityError:
            form.add_error(None, _("Somebody else has just saved a new one: please save once more."))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("offer", saved.slug)
    return render(request, "journeys/offers/edit.html", context)


def _take_codes(request: HttpRequest, slug: str, given: dict[str, Any]) -> None:
    """Store codes and say how many were new, known, or none."""
    new = operations.generate_codes(slug=slug, count=given["count"], prefix=given["prefix"]) if given["count"] else 0
    for read in (given["lines"], given["upload"]):
        if read is None:
            continue
        stored = operations.add_codes(slug=slug, codes=read.codes)
        new += stored
        if known := len(read.codes) - stored + read.twice:
            messages.warning(request, _("%(n)s codes were there already.") % {"n": known})
        if read.wrong:
            said = _("%(n)s lines are no codes, the first is: %(line)s")
            messages.warning(request, said % {"n": len(read.wrong), "line": read.wrong[0]})
    messages.success(request, ngettext("%(n)d new code.", "%(n)d new codes.", new) % {"n": new})
