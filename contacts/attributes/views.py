"""The screens of attributes: what is known about people, what arrives unknown, and the form of one definition."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.attributes import operations, queries
from contacts.attributes.forms import AttributeForm, initial
from contacts.attributes.models import Attribute
from contacts.attributes.rules import KIND_NAMES, Kind
from contacts.attributes.special import CATEGORY_NAMES
from contacts.conditions.uses import ROOMS, Use, uses_of
from orchestrator.kernel.access import marketing_only
from orchestrator.kernel.fields import translated

LARGEST_ID = 2**63 - 1


@marketing_only
@require_GET
def attributes(request: HttpRequest) -> HttpResponse:
    """List the attributes, those that are ignored, and the keys that nobody has defined yet."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found, filled, uses = list(queries.attributes(words)), queries.filled(), queries.uses_by_key()
    active = [one for one in found if one.state == Attribute.State.ACTIVE]
    rows = [_row(one, filled.people.get(one.key, 0), uses.get(one.key, [])) for one in active]
    known = queries.definitions()
    context = {
        "rows": sorted(rows, key=lambda row: row["name"].casefold()),
        "ignored": [{"id": one.pk, "key": one.key} for one in found if one.state == Attribute.State.IGNORED],
        "leaving": [one.key for one in found if one.state == Attribute.State.LEAVING],
        "apart": [_apart(one, known.get(one.key)) for one in queries.apart_keys(words)],
        "estimated": filled.estimated,
        "words": words,
    }
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "contacts/attributes/" + ("_lists.html" if fragment else "list.html"), context)


@marketing_only
@require_http_methods(["GET", "POST"])
def attribute_new(request: HttpRequest) -> HttpResponse:
    """Define an attribute; `?key=` adopts one whose values are kept apart."""
    key = request.GET.get("key", "").replace("\0", "")
    apart = queries.one_apart_key(key)
    if request.method == "POST":
        form = AttributeForm(request.POST)
        if form.is_valid():
            try:
                adoption = operations.adopt_key(draft=form.draft(), now=timezone.now())
            except operations.InvalidAttribute as invalid:
                form.refuse(invalid)
            else:
                messages.success(request, _adopted(adoption))
                return redirect("attributes")
    else:
        form = AttributeForm(initial=_guessed(key, apart))
    return _form(request, form, attribute=None, apart=apart)


@marketing_only
@require_http_methods(["GET", "POST"])
def attribute(request: HttpRequest, attribute_id: int) -> HttpResponse:
    """Change a definition."""
    found = _one(attribute_id)
    if found.state == Attribute.State.LEAVING:
        messages.info(request, _("“%(name)s” is being deleted.") % {"name": found.name})
        return redirect("attributes")
    form = AttributeForm(request.POST or None, initial=initial(found), fixed_key=True)
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_attribute(draft=form.draft(found.key), attribute_id=found.pk, now=timezone.now())
        except operations.InvalidAttribute as invalid:
            form.refuse(invalid)
        except operations.DoesNotFit as misfit:
            form.add_error("kind", _misfit(misfit))
        else:
            messages.success(request, _("Saved."))
            return redirect("attributes")
    return _form(request, form, attribute=found, apart=None)


@marketing_only
@require_POST
def attribute_delete(request: HttpRequest, attribute_id: int) -> HttpResponse:
    """Delete a definition with its values, unless it is used."""
    found = _one(attribute_id)
    try:
        deletion = operations.delete_attribute(attribute_id=found.pk, now=timezone.now())
    except operations.StillUsed as used:
        names = ", ".join(f"{use['room']} “{use['name']}”" for use in map(_use, used.uses))
        messages.error(request, _("“%(name)s” is used by: %(uses)s") % {"name": found.name, "uses": names})
        return redirect("attribute", found.pk)
    messages.success(request, _deleted(found.name, deletion))
    return redirect("attributes")


@marketing_only
@require_POST
def attribute_ignore(request: HttpRequest) -> HttpResponse:
    """Decide not to know a key."""
    key = request.POST.get("key", "")
    if queries.one_apart_key(key.replace("\0", "")) is None:
        raise Http404
    try:
        operations.ignore_key(key=key, now=timezone.now())
    except operations.InvalidAttribute as invalid:
        messages.error(request, translated(invalid.problems[0][1], get_language()))
    else:
        messages.success(request, _("“%(key)s” is ignored from now on; what was kept apart is deleted.") % {"key": key})
    return redirect("attributes")


def _one(attribute_id: int) -> Attribute:
    if attribute_id > LARGEST_ID:
        raise Http404
    return get_object_or_404(Attribute, pk=attribute_id)


def _form(request: HttpRequest, form: AttributeForm, **shown: Any) -> HttpResponse:
    found, apart = shown["attribute"], shown["apart"]
    context = {
        "form": form,
        "attribute": found,
        "ignored": found is not None and found.state == Attribute.State.IGNORED,
        "uses": [_use(use) for use in uses_of("attribute", found.key)] if found else [],
        "apart": _apart(apart) if apart else None,
        "sources": sorted(
            {*Attribute.objects.exclude(source="").values_list("source", flat=True), *(apart.sources if apart else ())}
        ),
    }
    return render(request, "contacts/attributes/form.html", context, status=400 if form.errors else 200)


def _row(one: Attribute, people: int, uses: list[Use]) -> dict[str, Any]:
    other = one.name_de if one.name == one.name_en else one.name_en
    return {
        "id": one.pk,
        "name": one.name,
        "other_name": other if other != one.name else "",
        "key": one.key,
        "kind": translated(KIND_NAMES[Kind(one.kind)]),
        "choices": [translated(choice) or choice["value"] for choice in one.choices],
        "source": one.source,
        "purpose": one.purpose,
        "sensitive": one.sensitive,
        "keep_days": one.keep_days,
        "people": people,
        "uses": list({(use["room"], use["name"]): use for use in map(_use, uses)}.values()),
    }


def _apart(one: queries.ApartKey, known: queries.Definition | None = None) -> dict[str, Any]:
    return {
        "key": one.key,
        "people": one.people,
        "more": one.more,
        "sources": one.sources,
        "kind": translated(KIND_NAMES[one.kind]) if one.kind else "",
        "other_source": bool(known and known.source and known.source not in one.sources),
        "examples": one.examples,
        "last_at": one.last_at,
        "special": translated(CATEGORY_NAMES[one.special]) if one.special else "",
        "attribute_id": one.attribute_id,
    }


def _guessed(key: str, apart: queries.ApartKey | None) -> dict[str, Any]:
    """What the form of a new attribute begins with."""
    name = key.replace("_", " ").replace("-", " ").strip().capitalize()
    found: dict[str, Any] = {"key": key, "name_en": name, "name_de": name, "kind": Kind.TEXT}
    if apart:
        found |= {"kind": apart.kind or Kind.TEXT, "sensitive": bool(apart.special)}
        if apart.kind is Kind.CHOICE:
            values = sorted({value for value in apart.values if isinstance(value, str)})
            found["choices"] = "\n".join(f"{value}|{value}|{value}" for value in values)
    return found


def _adopted(adoption: operations.Adoption) -> str:
    said = _("“%(name)s” is an attribute now.") % {"name": adoption.attribute.name}
    if adoption.moved:
        got = ngettext("%(n)s person has a value.", "%(n)s people have a value.", adoption.moved)
        said += " " + got % {"n": adoption.moved}
    if adoption.waiting:
        wait = ngettext("%(n)s more follows within the hour.", "%(n)s more follow within the hour.", adoption.waiting)
        said += " " + wait % {"n": adoption.waiting}
    if adoption.left:
        left = ngettext(
            "%(n)s value does not fit and stays apart.", "%(n)s values do not fit and stay apart.", adoption.left
        )
        said += " " + left % {"n": adoption.left}
    return said


def _deleted(name: str, deletion: operations.Deletion) -> str:
    if deletion.more:
        said = _("“%(name)s” is being deleted: the values of %(n)s people are gone, the others follow within the hour.")
    else:
        said = ngettext(
            "“%(name)s” is deleted, %(n)s person had a value.",
            "“%(name)s” is deleted, %(n)s people had a value.",
            deletion.people,
        )
    return said % {"name": name, "n": deletion.people}


def _misfit(misfit: operations.DoesNotFit) -> str:
    text = ngettext(
        "%(n)s person has a value that does not fit, for example %(example)s. Nothing was changed.",
        "%(n)s people have a value that does not fit, for example %(example)s. Nothing was changed.",
        misfit.people,
    )
    return text % {"n": misfit.people, "example": misfit.example[:60]}


def _use(use: Use) -> dict[str, str]:
    """A place that names an attribute: the room, its name, and its page where there is one."""
    try:
        url = reverse({"handover": "journey", "content": "content_block"}.get(use.room, use.room), args=[use.user])
    except NoReverseMatch:  # a room whose things have no page of their own
        url = ""
    return {"room": translated(ROOMS.get(use.room, use.room)), "name": translated(dict(use.name)), "url": url}
