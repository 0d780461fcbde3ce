"""Signed addresses of clicks and opens, and what a claimed touch needs to be written."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.signing import BadSignature, Signer

from contacts.events.models import EventType
from journeys.definitions.models import Step
from journeys.enrollments.models import Touch
from journeys.enrollments.queries import JOURNEYS
from journeys.offers.models import OfferGrant
from orchestrator.channels.models import Link
from orchestrator.kernel import known

EVENT_TYPES = known.watch("contacts_eventtype", by=(known.DELIVERY,))
CLICK, OPEN = "orchestrator.channels.click", "orchestrator.channels.open"  # one kind never works as another
LINKS_LIMIT = 1_000
CALLBACK = "orchestrator.channels.callback"
FORM = re.compile(r"([1-9][0-9]{0,18})-([0-9]{1,4})", re.ASCII)


@dataclass
class Links:
    """The links of one message: counted ones get an address of ours, and their targets are kept."""

    touch_id: int
    tracked: bool
    targets: dict[str, int] = field(default_factory=dict)

    def rewrite(self, url: str) -> str:
        """Give the address that stands in the mail; the target itself without consent to profiling."""
        if not self.tracked or (url not in self.targets and len(self.targets) >= LINKS_LIMIT):
            return url
        position = self.targets.setdefault(url, len(self.targets))
        return f"{settings.PUBLIC_URL}/c/{_signed(CLICK, self.touch_id, position)}/"

    def with_pixel(self, html: str) -> str:
        """Put the open pixel at the end of a page, with consent to profiling only."""
        if not self.tracked:
            return html
        address = f"{settings.PUBLIC_URL}/o/{_signed(OPEN, self.touch_id, 0)}.gif"
        before, body, after = html.rpartition("</body>")
        return f'{before}<img src="{address}" width="1" height="1" alt="" style="display:block;border:0">{body}{after}'

    def rows(self) -> list[Link]:
        """The targets as rows to be kept."""
        return [Link(touch_id=self.touch_id, position=position, url=url) for url, position in self.targets.items()]


def clicked(token: str) -> tuple[int, int] | None:
    """Read touch and position out of the address of a click; None when a byte of it is not ours."""
    return _read(CLICK, token)


def opened(token: str) -> int | None:
    """Read the touch out of the address of a pixel; None when a byte of it is not ours."""
    found = _read(OPEN, token)
    return found and found[0]


def callback_token(touch_id: int) -> str:
    """Name a touch in the address that a provider tells its state to; nobody else can make one."""
    return _signed(CALLBACK, touch_id, 0)


def told_about(token: str) -> int | None:
    """Read the touch out of such an address; None when a byte of it is not ours."""
    found = _read(CALLBACK, token)
    return found and found[0]


def claimed(claim: uuid.UUID) -> list[Touch]:
    """Load the touches of a claim with all that a message is made of."""
    found = Touch.objects.filter(claim=claim, state=Touch.State.SENDING)
    touches = list(found.select_related("contact__account", "enrollment").order_by("id"))
    steps = _steps(frozenset(touch.step_id for touch in touches))
    granted = [touch.grant_id for touch in touches if touch.grant_id]
    grants = OfferGrant.objects.select_related("offer").in_bulk(granted) if granted else {}
    for touch in touches:
        touch.step = steps[touch.step_id]
        touch.journey = touch.step.version.journey
        if touch.grant_id:
            touch.grant = grants.get(touch.grant_id)
    return touches


def _steps(ids: frozenset[int]) -> dict[int, Step]:
    """The steps that send, with their journeys; one join less for each message."""
    steps = Step.objects.select_related("version__journey")
    return known.kept(("steps that send", ids), JOURNEYS, lambda: steps.in_bulk(ids))


def known_event_types(slugs: Iterable[str]) -> frozenset[str]:
    """Which of some types of events are there."""
    found = EventType.objects.filter(slug__in=list(slugs)).values_list("slug", flat=True)
    return known.kept(("types", *slugs), EVENT_TYPES, lambda: frozenset(found))


def _signed(salt: str, touch_id: int, position: int) -> str:
    return Signer(salt=salt, sep=".").sign(f"{touch_id}-{position}")


def _read(salt: str, token: str) -> tuple[int, int] | None:
    try:
        found = FORM.fullmatch(Signer(salt=salt, sep=".").unsign(token))
    except BadSignature:
        return None
    return (int(found[1]), int(found[2])) if found else None
