"""The doors of operations: the screen, the switch, rate limits, doubts, dead letters."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from journeys.enrollments.models import Touch
from orchestrator.channels.ops import operations, page, queries
from orchestrator.channels.ops.forms import LimitForm, chosen_of
from orchestrator.channels.ops.queries import Filter
from orchestrator.channels.throttle.operations import drop_limit, resume_sending, set_limit, stop_sending
from orchestrator.kernel.access import marketing_only

ROWS = 50


@marketing_only
@never_cache
@require_GET
def operations_screen(request: HttpRequest) -> HttpResponse:
    """Show what waits, how fast it goes, and what went wrong; HTMX asks for the changing part every five seconds."""
    context = page.live(now=timezone.now())
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "orchestrator/ops/_live.html", context)
    return render(request, "orchestrator/ops/screen.html", context | {"form": LimitForm()})


@marketing_only
@require_http_methods(["GET", "POST"])
def sending_stop(request: HttpRequest) -> HttpResponse:
    """Ask once, then stop everything or one channel."""
    channel = (request.POST if request.method == "POST" else request.GET).get("channel", "")
    if channel and channel not in dict(page.choices_of_channels()):
        raise Http404
    if request.method == "GET":
        return render(request, "orchestrator/ops/stop.html", {"channel": channel, "name": page.channel_name(channel)})
    why = request.POST.get("why", "").replace("\0", "").strip()
    if stop_sending(by=request.user.get_username(), why=why, now=timezone.now(), channel=channel):
        messages.success(request, _("Nothing more is sent. What is with a provider right now ends within seconds."))
    else:
        messages.info(request, _("It stands still already."))
    return redirect("operations")


@marketing_only
@require_POST
def sending_resume(request: HttpRequest) -> HttpResponse:
    """Let messages go out again."""
    channel = request.POST.get("channel", "")
    if resume_sending(by=request.user.get_username(), now=timezone.now(), channel=channel):
        messages.success(request, _("Messages go out again."))
    return redirect("operations")


@marketing_only
@require_POST
def limit_set(request: HttpRequest) -> HttpResponse:
    """Set a rate limit; what is wrong stands beside its field."""
    form = LimitForm(request.POST)
    if not form.is_valid():
        context = page.live(now=timezone.now()) | {"form": form}
        return render(request, "orchestrator/ops/screen.html", context, status=422)
    set_limit(**form.cleaned_data, now=timezone.now())
    messages.success(request, _("The rate limit holds from now on."))
    return redirect("operations")


@marketing_only
@require_POST
def limit_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rate limit away."""
    if drop_limit(pk=pk):
        messages.success(request, _("The rate limit is gone."))
    return redirect("operations")


@marketing_only
@require_POST
def doubt_settle(request: HttpRequest, pk: int, how: str) -> HttpResponse:
    """Say that a message arrived, or have it sent again."""
    settle = {"arrived": operations.confirm_arrival, "again": operations.send_again}[how]
    if settle(touch_id=pk, by=request.user.get_username(), now=timezone.now()):
        told = {"arrived": _("Noted: it arrived."), "again": _("The message is decided again, and sent if nothing stands against it.")}  # fmt: skip
        messages.success(request, told[how])
    else:
        messages.info(request, _("It is not in doubt any more."))
    return redirect("operations")


@marketing_only
@require_GET
def dead_letters(request: HttpRequest) -> HttpResponse:
    """List what did not go out, by a filter."""
    now, chosen = timezone.now(), chosen_of(request.GET)
    return render(request, "orchestrator/ops/letters.html", _listed(chosen, request.GET.get("page", 1), now))


@marketing_only
@require_GET
def dead_letter(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """Show one: to whom, what was said each time, and the button to try it again."""
    if what not in queries.KINDS:
        raise Http404
    found = queries.dead_letter(what, pk, now=timezone.now())
    if found is None:
        raise Http404
    context: dict[str, Any] = {"letter": page.letters([found])[0], "what": what}
    if what == queries.TOUCH:
        touch = get_object_or_404(Touch.objects.select_related("journey", "step"), pk=pk)
        context |= {"touch": touch, "attempts": page.attempts(pk), "reason": page.reason_of(touch.state, touch.reason)}
    return render(request, "orchestrator/ops/letter.html", context)


@marketing_only
@require_http_methods(["GET", "POST"])
def replay(request: HttpRequest) -> HttpResponse:
    """Ask once, then try again: all of a filter, or one."""
    now, given = timezone.now(), request.POST if request.method == "POST" else request.GET
    chosen, pk = chosen_of(given), given.get("pk", "")
    one = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    if request.method == "GET":
        n = 1 if one else queries.dead_letters(chosen, now=now).count()
        return render(request, "orchestrator/ops/replay.html", {"chosen": chosen, "pk": one, "n": n})
    done = operations.replay(chosen=chosen, by=request.user.get_username(), now=now, pk=one)
    n = done.total()
    said = ngettext("%(n)s is tried again.", "%(n)s are tried again.", n) % {"n": number_format(n, force_grouping=True)}
    messages.success(request, said)
    return redirect("dead_letters")


def _listed(chosen: Filter, number: Any, now: datetime) -> dict[str, Any]:
    found = Paginator(queries.dead_letters(chosen, now=now), ROWS).get_page(number)
    same = {name: value for name, value in chosen._asdict().items() if value not in ("", None)}
    return {
        "page": found,
        "rows": page.letters(list(found)),
        "n": found.paginator.count,
        "chosen": chosen,
        "query": urlencode(same),
        "kinds": list(page.KINDS.items()),
        "channels": page.choices_of_channels(),
    }
