"""The doors of priorities between journeys: the order, and the weights of one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journeys.definitions import priorities
from journeys.definitions.models import Journey
from orchestrator.kernel.access import marketing_only


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_priorities(request: HttpRequest) -> HttpResponse:
    """Show journeys in order of priority, and save another order."""
    status = 200
    if request.method == "POST":
        slugs = _moved(request.POST.getlist("journey"), request.POST.get("up", ""), request.POST.get("down", ""))
        try:
            priorities.save_order(slugs=slugs, opened=request.POST.get("opened", ""))
        except priorities.ChangedMeanwhile:
            status = 409
        else:
            messages.success(request, _("The order is saved."))
            return redirect("journey_priorities")
    context = priorities.priorities_page(priorities.ranked()) | {"meanwhile": status == 409}
    return render(request, "journeys/definitions/priorities.html", context, status=status)


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_weights(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what the score of a journey's messages is made of."""
    one = get_object_or_404(Journey, slug=slug)
    opened, status = priorities.as_opened([one]), 200
    form = priorities.WeightsForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        try:
            priorities.save_weights(slug=slug, given=form.cleaned_data, opened=request.POST.get("opened", ""))
        except priorities.ChangedMeanwhile:
            status = 409  # whoever saves once more has read what stands there now
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": one.name})
            return redirect("journey_priorities")
    elif request.method == "POST":
        opened = request.POST.get("opened", "")
    context: dict[str, Any] = {"form": form, "name": one.name, "opened": opened, "meanwhile": status == 409}
    return render(request, "journeys/definitions/weights.html", context, status=status)


def _moved(slugs: list[str], up: str, down: str) -> list[str]:
    """The order after a button for one place up or down."""
    found = list(slugs)
    if up in found and (place := found.index(up)) > 0:
        found[place - 1], found[place] = found[place], found[place - 1]
    if down in found and (place := found.index(down)) < len(found) - 1:
        found[place + 1], found[place] = found[place], found[place + 1]
    return found
