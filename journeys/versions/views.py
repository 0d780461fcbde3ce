"""The doors of versions: publish with a plan, approve, list, compare, roll back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from journeys.definitions.models import Journey, Version
from journeys.definitions.operations import InvalidDefinition
from journeys.definitions.views import head
from journeys.versions import operations, page, queries
from journeys.versions.operations import AlreadyPublished, Changed, NeedsSecondPerson, Published, SamePerson, Seen
from journeys.versions.rules import InvalidPlan
from orchestrator.kernel.access import marketing_only

LONGEST_NOTE = 500


@require_http_methods(["GET", "POST"])
@marketing_only
def journey_publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what publishing changes and whom it meets; publish, or ask a second person to."""
    context = head(slug)
    journey: Journey = context["journey"]
    draft = queries.draft_of(journey)
    if draft is None:
        messages.info(request, _("There is no draft to publish."))
        return redirect("journey_versions", slug)
    if request.method == "POST":
        return _publish(request, slug, draft)
    seen = {"revision": draft.revision, "live_version_id": journey.live_version_id}
    waiting = draft.requested_at is not None and draft.plan.get("seen") == seen
    context |= page.publish_page(journey, draft, draft.plan if waiting else None, now=timezone.now())
    context |= {"waiting": waiting, "stale": draft.requested_at is not None and not waiting}
    return render(request, "journeys/versions/publish.html", context)


def _publish(request: HttpRequest, slug: str, draft: Version) -> HttpResponse:
    given = request.POST.dict()
    plan = page.read_choices({name: str(value) for name, value in given.items()})
    note = str(given.get("note", "")).replace("\0", "").strip()[:LONGEST_NOTE]
    now = timezone.now()
    by: Any = request.user
    seen = _seen(given)

    def work() -> Published | Version:
        if "ask" in given:
            return operations.request_publishing(version=draft, plan=plan, by=by, now=now, seen=seen, note=note)
        return operations.publish(version=draft, plan=plan, by=by, now=now, seen=seen, note=note)

    return _answer(request, slug, work)


def _seen(given: dict[str, Any]) -> Seen | None:
    """What the page had shown, as it sent it along; nothing is compared when it sent nothing."""
    revision, live = str(given.get("revision", "")), str(given.get("live", ""))
    if not revision.isdecimal():
        return None
    return Seen(int(revision[:9]), int(live[:18]) if live.isdecimal() else None)


def _answer(request: HttpRequest, slug: str, work: Callable[[], Published | Version]) -> HttpResponse:
    """Do it and say what came of it; whoever was too late is told."""
    try:
        done = work()
    except AlreadyPublished:
        messages.error(request, _("Somebody else was faster: this draft is published already, or thrown away."))
        return redirect("journey_versions", slug)
    except Changed:
        messages.error(
            request,
            _("The draft, or what is live, has changed since this was decided. Nothing is published: look once more."),
        )
    except NeedsSecondPerson as error:
        said = _("This reaches %(n)s people: a second person has to approve it. Ask for approval.")
        messages.error(request, said % {"n": number_format(error.people, force_grouping=True)})
    except SamePerson:
        messages.error(request, _("Somebody else than who asked has to approve it."))
    except InvalidPlan as error:
        messages.error(request, _("This plan cannot be carried out: %(why)s") % {"why": error})
    except InvalidDefinition as error:
        for problem in error.problems:
            messages.error(request, str(problem))
    else:
        return _done(request, slug, done)
    return redirect("journey_publish", slug)


def _done(request: HttpRequest, slug: str, done: Published | Version) -> HttpResponse:
    if isinstance(done, Version):
        messages.success(request, _("Somebody else has to approve it now. Until then nothing changes."))
        return redirect("journey_publish", slug)
    did = [f"{number_format(n, force_grouping=True)} {text}" for text, n in page.plan_words(done.version.plan)]
    said = _("Version %(n)s is live.") % {"n": done.version.number}
    messages.success(request, f"{said} {_('People')}: {', '.join(did)}." if did else said)
    return redirect("journey_versions", slug)


@require_POST
@marketing_only
def journey_approve(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish what somebody else asked for."""
    draft = queries.draft_of(get_object_or_404(Journey, slug=slug))
    if draft is None:
        messages.error(request, _("Somebody else was faster: this draft is published already, or thrown away."))
        return redirect("journey_versions", slug)
    by: Any = request.user
    return _answer(request, slug, lambda: operations.approve(version=draft, by=by, now=timezone.now()))


@require_POST
@marketing_only
def journey_send_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Take back a request for approval, or send it back to who asked."""
    draft = queries.draft_of(get_object_or_404(Journey, slug=slug))
    if draft is not None and operations.send_back(version=draft):
        messages.success(request, _("The request is off the table. The draft stays."))
    return redirect("journey_publish", slug)


@require_GET
@marketing_only
def journey_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """List the versions of a journey: who, when, why, and how they do."""
    context = head(slug)
    journey: Journey = context["journey"]
    rows = page.version_rows(journey)
    context |= {"tab": "versions", "rows": rows, "draft": queries.draft_of(journey)}
    return render(request, "journeys/versions/versions.html", context)


@require_GET
@marketing_only
def journey_compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Show two versions side by side; without numbers, the live one and the one before."""
    context = head(slug)
    journey: Journey = context["journey"]
    versions = list(journey.versions.order_by("-number"))
    if not versions:
        raise Http404
    numbers = [one.number for one in versions]
    live = journey.live_version.number if journey.live_version else numbers[0]
    after = _chosen(request, "b", numbers, live)
    before = _chosen(request, "a", numbers, max([n for n in numbers if n < after], default=after))
    by_number = {one.number: one for one in versions}
    context |= page.comparison(journey, by_number[before], by_number[after])
    context |= {"tab": "versions", "versions": versions}
    return render(request, "journeys/versions/compare.html", context)


def _chosen(request: HttpRequest, name: str, numbers: list[int], otherwise: int) -> int:
    given = request.GET.get(name, "")
    if not given:
        return otherwise
    if not given.isdecimal() or int(given[:9]) not in numbers:
        raise Http404
    return int(given[:9])


@require_POST
@marketing_only
def journey_roll_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a draft of an old version, and open the dialog of publishing where that is wanted at once."""
    number = request.POST.get("version", "")
    old = get_object_or_404(
        Version.objects.select_related("journey"),
        journey__slug=slug,
        number=int(number[:9]) if number.isdecimal() else -1,
        published_at__isnull=False,
    )
    what = _("Back to version %(n)s") % {"n": old.number}
    by: Any = request.user
    draft = operations.roll_back(version=old, what=what, by=by, now=timezone.now())
    if draft is None:
        messages.info(request, _("The journey says that already."))
        return redirect("journey_versions", slug)
    messages.success(request, _("The draft says what version %(n)s said.") % {"n": old.number})
    return redirect("journey_publish" if "publish" in request.POST else "journey_edit", slug)
