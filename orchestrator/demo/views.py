"""Pages that exist in the demo only: the inbox, and the page of the shop that links in mails lead to."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orchestrator.demo import inbox
from orchestrator.demo.config import from_environment
from orchestrator.kernel.access import everyone

SHOWN = 100
# A mail is somebody else's HTML: no script, nothing from elsewhere, links open on their own.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)


def _only_in_demo() -> None:
    if not settings.DEMO:
        raise Http404


@everyone
@require_safe
def show_inbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    _only_in_demo()
    found = [
        {"name": m.name, "at": m.arrived_at, "to": str(m.message["to"]), "subject": str(m.message["subject"])}
        for m in inbox.mails(from_environment().inbox, SHOWN)
    ]
    return render(request, "orchestrator/demo/inbox.html", {"mails": found, "shown": SHOWN})


@everyone
@require_safe
def show_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail as its reader sees it."""
    _only_in_demo()
    mail = inbox.read(from_environment().inbox, name)
    if mail is None:
        raise Http404
    response = (
        HttpResponse(mail.html) if mail.html else HttpResponse(mail.text, content_type="text/plain; charset=utf-8")
    )
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@require_safe
def show_shop(request: HttpRequest, path: str) -> HttpResponse:
    """Stand in for the shop: links in mails lead here."""
    _only_in_demo()
    return render(request, "orchestrator/demo/shop.html", {"path": f"/{path}"})
