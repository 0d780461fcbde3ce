"""Pages that exist in the demo only: the inbox, and the page of the shop that links in mails lead to."""

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orchestrator.demo import inbox, site
from orchestrator.demo.config import from_environment
from orchestrator.kernel.access import everyone

SHOWN = 100


class Text(msgspec.Struct):
    """A text message as SMS_HTTP of the demo writes it."""

    to: str
    text: str


_TEXT = msgspec.json.Decoder(Text)
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
    """List the newest mails and text messages."""
    _only_in_demo()
    found = [
        {"name": m.name, "at": m.arrived_at, "to": str(m.message["to"]), "subject": str(m.message["subject"])}
        for m in inbox.mails(from_environment().inbox, SHOWN)
    ]
    texts = [
        {"at": m.arrived_at, "to": str(m.message["to"]), "text": m.text}
        for m in inbox.mails(from_environment().texts, SHOWN)
    ]
    return render(request, "orchestrator/demo/inbox.html", {"mails": found, "texts": texts, "shown": SHOWN})


@csrf_exempt  # it stands in for a service that takes SMS; the demo listens on the loopback address only
@require_POST
def take_text(request: HttpRequest) -> HttpResponse:
    """Stand in for a service that sends text messages: they are kept beside the mails."""
    _only_in_demo()
    try:
        given = _TEXT.decode(request.body)
    except msgspec.DecodeError:
        return HttpResponse(status=400)
    inbox.keep_text(from_environment().texts, to=given.to, text=given.text)
    return HttpResponse(status=202)


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


@require_http_methods(["GET", "HEAD", "POST"])
def show_shop(request: HttpRequest, path: str = "") -> HttpResponse:
    """Stand in for the shop: links in mails lead here. A POST of a colleague comes as somebody for whom a message waits."""
    _only_in_demo()
    now = timezone.now()
    asked = request.method == "POST" and request.user.is_authenticated
    guest = site.come_as_somebody(now=now) if asked else None
    context = {"path": f"/{path}", "key": site.shop_key(now=now), "guest": guest, "asked": asked}
    return render(request, "orchestrator/demo/shop.html", context)
