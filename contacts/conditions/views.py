"""The doors of the builder: what it may offer, what it says about a condition, whom a condition describes."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from contacts.conditions.builder import describe
from contacts.conditions.checking import Written, counted, read_condition, say_checked
from orchestrator.kernel.access import marketing_only


@require_GET
@marketing_only
def condition_description(request: HttpRequest) -> HttpResponse:
    """Say what a condition can be made of, in the language of the page."""
    return JsonResponse(describe(run=request.GET.get("subject") == "run"))


@require_POST
@marketing_only
def condition_check(request: HttpRequest) -> HttpResponse:
    """Say a condition and what is wrong with it; as a page of its own, without JavaScript, also whom it describes."""
    written = _written(request)
    context: dict[str, Any] = say_checked(written)
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "contacts/conditions/_check.html", context)
    if not written.errors:
        context |= counted(written.condition, now=timezone.now())
    return render(request, "contacts/conditions/check.html", context)


@require_POST
@marketing_only
def condition_numbers(request: HttpRequest) -> HttpResponse:
    """Say whom a condition describes and whom each channel reaches; nothing for a wrong one."""
    written = _written(request)
    context = {"errors": written.errors} if written.errors else counted(written.condition, now=timezone.now())
    return render(request, "contacts/conditions/_numbers.html", context)


def _written(request: HttpRequest) -> Written:
    """Read the condition; `field` names it where a form calls it otherwise, `subject` says whom it is about."""
    text = str(request.POST.get(request.POST.get("field", "condition"), ""))
    return read_condition(text, run=request.GET.get("subject") != "contact")
