"""The doors of contact rules: the list, editing with the effect beside it, switching off, deleting, holdouts."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent.limits import operations, page
from consent.limits.forms import HoldoutForm, LimitForm, QuietForm, RestForm
from consent.limits.models import Holdout, Limit, QuietHours, Rest
from consent.limits.queries import as_opened
from orchestrator.kernel.access import Role, consent_readers, role_of

KINDS: dict[str, tuple[Any, Any, Any, Any]] = {
    "limits": (Limit, LimitForm, gettext_lazy("New limit"), gettext_lazy("Limit")),
    "quiet": (QuietHours, QuietForm, gettext_lazy("New quiet hours"), gettext_lazy("Quiet hours")),
    "rests": (Rest, RestForm, gettext_lazy("New rest after a goal"), gettext_lazy("Rest after a goal")),
}


@require_GET
@consent_readers
def contact_rules(request: HttpRequest) -> HttpResponse:
    """List every rule as a sentence, and the holdouts."""
    context = page.rules_page(today=timezone.localdate()) | _opens(request)
    return render(request, "consent/limits/rules.html", context)


@require_http_methods(["GET", "POST"])
@consent_readers
def rule_edit(request: HttpRequest, kind: str, pk: int | None = None) -> HttpResponse:
    """Make or change a rule."""
    model, form_class, new_title, title = _kind(kind)
    one = get_object_or_404(model, pk=pk) if pk else None
    form = form_class(request.POST or None, instance=one)
    context: dict[str, Any] = _opens(request) | {
        "form": form,
        "kind": kind,
        "pk": pk,
        "title": title if pk else new_title,
    }
    if request.method == "POST" and form.is_valid() and _saved(request, form, context):
        return redirect("contact_rules")
    if pk and request.method == "GET":
        context |= page.effect_card(get_object_or_404(model, pk=pk), now=timezone.now())
    return render(request, "consent/limits/edit.html", context)


@require_POST
@consent_readers
def rule_effect(request: HttpRequest, kind: str, pk: int | None = None) -> HttpResponse:
    """Show what a rule would have held back as it stands in the form; nothing is saved."""
    model, form_class, new_title, title = _kind(kind)
    form = form_class(request.POST, instance=get_object_or_404(model, pk=pk) if pk else None)
    names = {"name_en", "name_de"}  # a rule without a name has an effect already
    context: dict[str, Any] = _opens(request) | {"kind": kind, "pk": pk}
    if form.is_valid() or not set(form.errors) - names:
        context |= page.effect_card(form.instance, now=timezone.now())
    else:
        context["problems"] = [
            f"{form.fields[field].label}: {error}" if field in form.fields else error
            for field, errors in form.errors.items()
            if field not in names
            for error in errors
        ]
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "consent/limits/_effect.html", context)
    return render(request, "consent/limits/edit.html", context | {"form": form, "title": title if pk else new_title})


@require_POST
@consent_readers
def rule_switch(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Switch a rule on or off."""
    model, *_rest = _kind(kind)
    get_object_or_404(model, pk=pk)
    active = request.POST.get("active") == "yes"
    operations.switch_rule(model=model, pk=pk, active=active)
    messages.success(request, _("The rule holds from now on.") if active else _("The rule is switched off."))
    return redirect("contact_rules")


@require_POST
@consent_readers
def rule_delete(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Delete a rule."""
    model, *_rest = _kind(kind)
    get_object_or_404(model, pk=pk)
    operations.delete_rule(model=model, pk=pk)
    messages.success(request, _("The rule is deleted."))
    return redirect("contact_rules")


@require_http_methods(["GET", "POST"])
@consent_readers
def holdout_new(request: HttpRequest) -> HttpResponse:
    """Make a holdout and draw its members."""
    form = HoldoutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            holdout, n = operations.create_holdout(
                slug=form.instance.slug,
                names={"en": given["name_en"], "de": given["name_de"]},
                share=given["share"] / Decimal(100),
                journey=given["journey"],
                walks=given["walks"],
                now=timezone.now(),
            )
        except IntegrityError:  # two at once: the other one has the short name by now
            form.add_error("name_en", _("There is already a rule of this name."))
        else:
            told = {"name": holdout.name, "n": number_format(n, force_grouping=True)}
            drawn = ngettext("“%(name)s” holds out %(n)s person.", "“%(name)s” holds out %(n)s people.", n)
            messages.success(request, drawn % told)
            return redirect("contact_rules")
    return render(request, "consent/limits/holdout.html", {"form": form})


@require_POST
@consent_readers
def holdout_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a holdout."""
    one = get_object_or_404(Holdout, pk=pk)
    try:
        n = operations.end_holdout(pk=pk)
    except operations.HoldoutGone:
        messages.error(request, _("“%(name)s” has ended already.") % {"name": one.name})
    else:
        ended = ngettext("“%(name)s” has ended; %(n)s person is written to again.", "“%(name)s” has ended; %(n)s people are written to again.", n)  # fmt: skip
        messages.success(request, ended % {"name": one.name, "n": number_format(n, force_grouping=True)})
    return redirect("contact_rules")


def _opens(request: HttpRequest) -> dict[str, bool]:
    return {"opens_journeys": role_of(request.user) is Role.MARKETING}


def _kind(kind: str) -> tuple[Any, Any, Any, Any]:
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]


def _saved(request: HttpRequest, form: Any, context: dict[str, Any]) -> bool:
    """Save a valid form; False when somebody else was faster, which the form then says with nothing lost."""
    try:
        rule = operations.save_rule(rule=form.save(commit=False), opened=form.cleaned_data["opened"])
    except operations.ChangedMeanwhile:
        stored = type(form.instance).objects.filter(pk=form.instance.pk).first()
        form.data = form.data.copy()
        form.data["opened"] = as_opened(stored) if stored else ""
        context["meanwhile"] = True
        context["gone"] = stored is None
        return False
    except IntegrityError:  # two new ones at once: the other one has the short name by now
        form.add_error("name_en", _("There is already a rule of this name."))
        return False
    for warning in page.warnings_of(rule):
        messages.warning(request, warning)
    messages.success(request, _("The rule is saved."))
    return True
