"""The doors of stages: list, new, edit, delete, order, and a move of one person by hand."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.profiles.models import Contact
from contacts.segments.editing import InUse
from contacts.segments.saving import save_form, say_in_use
from contacts.stages import operations, page, queries
from contacts.stages.forms import MoveForm, StageForm
from contacts.stages.models import Stage
from orchestrator.kernel.access import marketing_only

LARGEST_ID = 2**63 - 1


@require_GET
@marketing_only
def stages(request: HttpRequest) -> HttpResponse:
    """List the stages in the order of their rules."""
    return render(request, "contacts/stages/list.html", {"rows": page.stage_rows(now=timezone.now())})


@require_http_methods(["GET", "POST"])
@marketing_only
def stage_new(request: HttpRequest) -> HttpResponse:
    """Make a stage, the last in the order."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@marketing_only
def stage_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a stage."""
    return _edit(request, _one(slug))


@require_POST
@marketing_only
def stage_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a stage that nobody is in and nobody names."""
    one = _one(slug)
    try:
        operations.delete_stage(stage_id=one.pk)
    except InUse as error:
        messages.error(request, say_in_use(one.name, error.uses))
    except operations.PeopleInStage as error:
        messages.error(request, page.say_people_in(one, error.people))
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": one.name})
    return redirect("stages")


@require_POST
@marketing_only
def stage_move(request: HttpRequest, slug: str) -> HttpResponse:
    """Move a stage up or down in the order of rules."""
    operations.reorder_stage(stage_id=_one(slug).pk, up="up" in request.POST)
    return redirect("stages")


@require_POST
@marketing_only
def contact_stage(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Put one person into a stage by hand, with the reason."""
    if contact_id > LARGEST_ID or not Contact.objects.filter(pk=contact_id).exists():
        raise Http404
    form = MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nobody was moved: say which stage, and why."))
        return redirect("contact", contact_id)
    user, stage = cast(User, request.user), form.cleaned_data["stage"]
    by = user.get_full_name() or user.username
    moved = operations.set_stage(
        contact_ids=[contact_id], slug=stage.slug, by=by, now=timezone.now(), why=form.cleaned_data["why"]
    )
    said = _("Now in stage “%(name)s”.") if moved else _("Is in stage “%(name)s” already.")
    messages.success(request, said % {"name": stage.name})
    return redirect("contact", contact_id)


def _one(slug: str) -> Stage:
    found = queries.one_stage(slug)
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, one: Stage | None) -> HttpResponse:
    form = StageForm(request.POST or None, instance=one)
    context: dict[str, Any] = {"form": form, "one": one}
    if request.method == "POST" and form.is_valid() and save_form(request, form, context, Stage) is not None:
        return redirect("stages")
    return render(request, "contacts/stages/edit.html", context)
