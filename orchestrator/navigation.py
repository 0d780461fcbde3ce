"""The main menu, and the choice of light or dark."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from contacts.handover.models import Handover
from orchestrator.kernel.access import Role, role_of

THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 24 * 3600
# marketing comes to tasks from the handovers, and to audiences from the segments: the line is full
PAGES: dict[Role, tuple[str, ...]] = {
    Role.SALES: ("handover_queue", "tasks", "contacts"),
    Role.PRIVACY: ("contacts", "consent"),
}
MENU = (
    ("today", _("Today")),
    ("journeys", _("Journeys")),
    ("contacts", _("Contacts")),
    ("segments", _("Segments")),
    ("signals", _("Signals")),
    ("content", _("Content")),
    ("offers", _("Offers")),
    ("slots", pgettext_lazy("places on the site", "Slots")),
    ("handover_queue", _("Handover")),
    ("tasks", _("Tasks")),
    ("consent", _("Consent")),
)
PAGES[Role.MARKETING] = tuple(name for name, _label in MENU if name != "tasks")


class Entry(NamedTuple):
    """One line of the menu."""

    label: Any
    url: str
    current: bool
    badge: int


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Give every template the menu and the theme; nothing is asked of the database until a page shows it."""
    theme = request.COOKIES.get("theme", "auto")
    return {
        "menu": SimpleLazyObject(lambda: list(_entries(request))),
        "may_operate": SimpleLazyObject(lambda: _may_operate(request)),
        "letters_on": bool(settings.LETTER_FROM),  # content leads to them
        "theme": theme if theme in THEMES else "auto",
        "themes": (("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))),
    }


def _may_operate(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated and (user.is_superuser or role_of(user) is Role.MARKETING))


def _entries(request: HttpRequest) -> Iterator[Entry]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return
    for name, label in MENU:
        if name not in PAGES[role_of(user)]:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:  # a room without pages has no line
            continue
        current = request.path == url or (url != "/" and request.path.startswith(url))
        badge = Handover.objects.filter(state=Handover.State.WAITING).count() if name == "handover_queue" else 0
        yield Entry(label, url, current, badge)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie and go back to the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = redirect(target)
    theme = request.POST.get("theme", "auto")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR_SECONDS, samesite="Lax", secure=request.is_secure())
    return response
