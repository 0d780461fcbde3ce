"""The pages of purposes and wordings: marketers read, the privacy officer writes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent.purposes import operations, queries
from consent.purposes.forms import PurposeForm, WordingForm
from consent.purposes.models import Purpose
from consent.purposes.rules import OWN, PROBLEMS, compared
from contacts.conditions.uses import ROOMS, Use
from orchestrator.kernel.access import consent_readers, may_decide_privacy
from orchestrator.kernel.fields import translated

PAGES = {"journey": "journey", "segment": "segment", "signal": "signal"}  # rooms whose things have a page by short name
FIELDS = (
    "name_en", "name_de", "kind", "channel", "parent_id", "enforcement", "legal_basis", "existing_customer",
    "similar_goods", "notice_en", "notice_de",
)  # fmt: skip


@consent_readers
@require_GET
def purposes(request: HttpRequest) -> HttpResponse:
    """List the purposes as a tree, with how many people agree to each."""
    rows = [
        {
            "id": one.purpose.pk,
            "name": one.purpose.name,
            "slug": one.purpose.slug,
            "topic": one.purpose.parent_id is not None,
            "kind": one.purpose.get_kind_display(),
            "enforcement": one.purpose.get_enforcement_display(),
            "legal_basis": one.purpose.legal_basis,
            "existing": one.purpose.existing_customer,
            "active": one.purpose.active,
            "asked": one.purpose.enforcement != Purpose.Enforcement.NONE,
            "granted": one.granted,
            "not_granted": one.not_granted,
        }
        for one in queries.purpose_tree()
    ]
    context = {"rows": rows, "may_write": may_decide_privacy(request.user)}
    return render(request, "consent/purposes/list.html", context)


@consent_readers
@require_http_methods(["GET", "POST"])
def purpose_new(request: HttpRequest) -> HttpResponse:
    """Make a purpose or a topic."""
    _may_write(request)
    form = PurposeForm(request.POST or None, initial={"enforcement": "opt_in", "kind": "communication"})
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.save_purpose(draft=form.draft(), now=timezone.now())
        except operations.InvalidPurpose as invalid:
            form.refuse(invalid)
        else:
            messages.success(request, _("Saved. Now write the text that people agree to."))
            return redirect("purpose", made.pk)
    return render(request, "consent/purposes/form.html", {"form": form, "purpose": None, "may_write": True})


@consent_readers
@require_http_methods(["GET", "POST"])
def purpose(request: HttpRequest, purpose_id: int) -> HttpResponse:
    """Show a purpose with its texts and what names it; a POST changes it."""
    found = _one(purpose_id)
    may_write = may_decide_privacy(request.user)
    initial = {name: getattr(found, name) for name in FIELDS}
    form = PurposeForm(request.POST or None, initial=initial, purpose=found)
    if request.method == "POST":
        _may_write(request)
        if form.is_valid():
            try:
                operations.save_purpose(draft=form.draft(), purpose_id=found.pk, now=timezone.now())
            except operations.InvalidPurpose as invalid:
                form.refuse(invalid)
            else:
                messages.success(request, _("Saved."))
                return redirect("purpose", found.pk)
    if not may_write:
        for field in form.fields.values():
            field.disabled = True
    return _page(request, found, form, WordingForm(auto_id="wording_%s"), may_write=may_write)


@consent_readers
@require_POST
def purpose_switch(request: HttpRequest, purpose_id: int) -> HttpResponse:
    """Switch a purpose on or off."""
    _may_write(request)
    found, on = _one(purpose_id), request.POST.get("active") == "yes"
    try:
        operations.switch_purpose(purpose_id=found.pk, active=on, now=timezone.now())
    except operations.InvalidPurpose as invalid:
        messages.error(request, translated(PROBLEMS[invalid.problems[0][1]], get_language()))
    else:
        said = (
            _("“%(name)s” is switched on.") if on else _("“%(name)s” is switched off: nobody is used for it any more.")
        )
        messages.success(request, said % {"name": found.name})
    return redirect("purpose", found.pk)


@consent_readers
@require_POST
def purpose_delete(request: HttpRequest, purpose_id: int) -> HttpResponse:
    """Delete a purpose that nothing names and nobody said anything about."""
    _may_write(request)
    found = _one(purpose_id)
    try:
        operations.delete_purpose(purpose_id=found.pk)
    except operations.InvalidPurpose as invalid:
        messages.error(request, translated(PROBLEMS[invalid.problems[0][1]], get_language()))
    except operations.StillUsed as used:
        if used.said:
            messages.error(request, _("People have said something about it, or it has texts: switch it off instead."))
        else:
            names = ", ".join(f"{one['room']} “{one['name']}”" for one in map(_use, used.uses))
            messages.error(request, _("“%(name)s” is used by: %(uses)s") % {"name": found.name, "uses": names})
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
        return redirect("purposes")
    return redirect("purpose", found.pk)


@consent_readers
@require_POST
def wording_new(request: HttpRequest, purpose_id: int) -> HttpResponse:
    """Write the next version of a text."""
    _may_write(request)
    found = _one(purpose_id)
    form = WordingForm(request.POST, auto_id="wording_%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = operations.write_wording(
                purpose_id=found.pk, language=given["language"], text=given["text"], by=request.user, now=timezone.now()
            )
        except operations.InvalidWording:
            form.add_error("text", _("This is word for word the version before."))
        else:
            messages.success(request, _("Version %(version)s is written.") % {"version": made.version})
            return redirect("purpose", found.pk)
    initial = {name: getattr(found, name) for name in FIELDS}
    return _page(request, found, PurposeForm(initial=initial, purpose=found), form, may_write=True, status=422)


def _page(
    request: HttpRequest, found: Purpose, form: PurposeForm, wording: WordingForm, *, may_write: bool, status: int = 200
) -> HttpResponse:
    texts = [
        {
            "name": one.wording.name,
            "version": one.wording.version,
            "language": one.wording.language,
            "language_name": _("German") if one.wording.language == "de" else _("English"),
            "text": one.wording.text,
            "digest": one.wording.digest,
            "at": one.wording.created_at,
            "by": one.wording.created_by.get_username() if one.wording.created_by else "",
            "agree": one.agree,
            "changes": [piece._asdict() for piece in compared(one.before, one.wording.text)] if one.before else [],
        }
        for one in queries.wordings_of(found)
    ]
    context = {
        "form": form,
        "wording_form": wording,
        "purpose": {
            "id": found.pk,
            "name": found.name,
            "slug": found.slug,
            "active": found.active,
            "own": found.slug in OWN,
        },
        "texts": texts,
        "asked": found.enforcement != Purpose.Enforcement.NONE,
        "uses": [_use(use) for use in queries.uses_of_purpose(found)],
        "may_write": may_write,
    }
    return render(request, "consent/purposes/form.html", context, status=status)


def _use(use: Use) -> dict[str, str]:
    url = ""
    if use.room in PAGES:
        try:
            url = reverse(PAGES[use.room], args=[use.user])
        except NoReverseMatch:  # this room names its page by something else
            url = ""
    language = get_language()
    return {"room": translated(ROOMS[use.room], language), "name": translated(dict(use.name), language), "url": url}


def _may_write(request: HttpRequest) -> None:
    if not may_decide_privacy(request.user):
        raise PermissionDenied


def _one(purpose_id: int) -> Purpose:
    found = Purpose.objects.filter(pk=purpose_id).first() if purpose_id < 2**63 else None
    if found is None:
        raise Http404
    return found
