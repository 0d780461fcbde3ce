"""The door for what Twilio tells: the states of our messages, and what people answer. Its signature is the permission."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orchestrator.channels.feedback import queries
from orchestrator.channels.feedback.sms_rules import signed_by_twilio
from orchestrator.channels.feedback.texts import take_reply, take_status
from orchestrator.channels.queries import told_about

NOTHING = "<Response/>"  # answer nothing to whoever wrote


@csrf_exempt  # a machine without cookies; it signs what it sends
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Take a state of one of our messages, or a reply. Repetitions change nothing and are answered alike."""
    if settings.SMS_PROVIDER != "twilio":
        return HttpResponseNotFound("there is no Twilio here", content_type="text/plain; charset=utf-8")
    fields = {name: request.POST[name] for name in request.POST}
    ours = signed_by_twilio(
        signature=request.headers.get("X-Twilio-Signature", ""),
        url=f"{settings.PUBLIC_URL}{request.get_full_path()}",
        fields=fields,
        token=settings.SMS_TWILIO_TOKEN,
    )
    if not ours or fields.get("AccountSid") != settings.SMS_TWILIO_ACCOUNT:
        return HttpResponseForbidden("wrong signature", content_type="text/plain; charset=utf-8")
    now = timezone.now()
    if "touch" in request.GET:
        named = told_about(request.GET["touch"]) or 0
        touch = queries.touches_of([named]).get(named)
        if touch is not None:
            status = fields.get("MessageStatus", "")
            take_status(touch=touch, status=status, code=fields.get("ErrorCode", "")[:10], now=now)
    elif fields.get("From") and fields.get("MessageSid"):
        take_reply(number=fields["From"][:40], text=fields.get("Body", ""), key=fields["MessageSid"][:64], now=now)
    return HttpResponse(NOTHING, content_type="text/xml; charset=utf-8")
