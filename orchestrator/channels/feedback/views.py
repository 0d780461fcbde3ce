"""The doors for clicks and opens. They lead to stored targets only, and keep nothing in the browser."""

import base64

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orchestrator.channels.feedback import queries
from orchestrator.channels.feedback.operations import record_feedback
from orchestrator.channels.feedback.rules import likely_machine
from orchestrator.channels.queries import clicked, opened

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to the stored target. HEAD says where, and writes nothing."""
    named = clicked(token)
    url = queries.target_of(*named) if named else None
    if named is None or url is None:
        return _nothing_here()
    _record(request, named[0], "clicked", position=named[1], url=url)
    return _private(HttpResponseRedirect(url))


@require_safe
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Give one transparent pixel."""
    touch_id = opened(token)
    if touch_id is None:
        return _nothing_here()
    _record(request, touch_id, "opened")
    return _private(HttpResponse(PIXEL, content_type="image/gif"))


def _record(request: HttpRequest, touch_id: int, what: str, *, position: int = 0, url: str = "") -> None:
    now = timezone.now()
    touch = queries.touch_of(touch_id, url=url, now=now) if request.method == "GET" else None
    if touch is None:
        return
    links = touch.links if url else 0  # type: ignore[attr-defined]  # counted by the query
    machine = likely_machine(request.headers, called_at=touch.called_at, now=now, links=links)
    record_feedback(touch=touch, name=f"{touch.channel}_{what}", machine=machine, now=now, position=position, url=url)


def _nothing_here() -> HttpResponse:
    # Not the product's own page: who stands here is no user of it.
    return _private(HttpResponseNotFound(_("This link does not work."), content_type="text/plain; charset=utf-8"))


def _private(response: HttpResponse) -> HttpResponse:
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
