"""The pages of connections: which machines send, whether they still do, and how one more is connected."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orchestrator.api import queries
from orchestrator.api.forms import PUBLIC, ConnectionForm
from orchestrator.api.models import ApiKey, Arrival
from orchestrator.api.operations import create_key, revoke_key
from orchestrator.api.snippets import PLACEHOLDER, snippets
from orchestrator.kernel.access import marketing_only

FRESH, STALE = timedelta(hours=1), timedelta(days=1)


@marketing_only
@never_cache
@require_http_methods(["GET", "POST"])
def connections(request: HttpRequest) -> HttpResponse:
    """List the sources; a POST makes a key and shows it this one time: it is kept nowhere, so there is no redirect."""
    now = timezone.now()
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        public = given["place"] == PUBLIC
        key = create_key(name=given["name"], source=given["source"], public=public, now=now)
        return render(request, "orchestrator/api/made.html", _code(key, public) | {"source": given["source"]})
    context = {"rows": _rows(now), "now": now, "form": form}
    return render(request, _template(request, "connections"), context)


@marketing_only
@require_GET
def connection(request: HttpRequest, source: str) -> HttpResponse:
    """Show one source: its keys, its code, and what it sent last."""
    now = timezone.now()
    found = list(queries.api_keys(source))
    if not found:
        raise Http404
    context = {"source": source, "arrivals": [_arrival(each) for each in queries.arrivals(source)], "now": now}
    if not request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        working = [key for key in found if key.revoked_at is None] or found
        public = working[0].public
        context |= {"keys": found, **_code(PLACEHOLDER, public)}
    return render(request, _template(request, "connection"), context)


@marketing_only
@require_POST
def connection_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Have a key refused from now on."""
    key = queries.api_keys().filter(pk=key_id).first()
    if key is None:
        raise Http404
    if revoke_key(key_id=key_id, now=timezone.now()):
        messages.success(request, _("The key %(prefix)s… is refused from now on.") % {"prefix": key.prefix})
    return redirect("connection", key.source)


def _rows(now: datetime) -> list[dict[str, Any]]:
    keys: dict[str, list[ApiKey]] = {}
    for key in queries.api_keys():
        keys.setdefault(key.source, []).append(key)
    return [
        {
            **found._asdict(),
            "keys": [key for key in keys.get(found.source, []) if key.revoked_at is None],
            "name": keys[found.source][0].name if found.source in keys else found.source,
            "tone": _tone(found.last_at, now),
        }
        for found in queries.connections(now)
    ]


def _tone(last_at: datetime | None, now: datetime) -> str:
    if last_at is None:
        return "red"
    return "green" if now - last_at < FRESH else "amber" if now - last_at < STALE else "red"


def _arrival(arrival: Arrival) -> dict[str, Any]:
    return {
        "at": arrival.at,
        "door": arrival.door,
        "name": arrival.name,
        "library": arrival.library,
        "accepted": arrival.accepted,
        "rejected": arrival.rejected,
        "problem": arrival.problem,
    }


def _code(key: str, public: bool) -> dict[str, Any]:
    return {"key": key, "public": public, "snippets": snippets(address=settings.PUBLIC_URL, key=key, public=public)}


def _template(request: HttpRequest, name: str) -> str:
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return f"orchestrator/api/_{name}.html" if fragment else f"orchestrator/api/{name}.html"
