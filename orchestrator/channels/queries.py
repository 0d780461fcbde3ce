"""Signed addresses of clicks and opens, and what a claimed touch needs to be written."""

import re
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.core.signing import BadSignature, Signer

from journeys.enrollments.models import Touch
from orchestrator.channels.models import Link

CLICK, OPEN = "orchestrator.channels.click", "orchestrator.channels.open"  # one kind never works as another
LINKS_LIMIT = 1_000
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


def claimed(claim: uuid.UUID) -> list[Touch]:
    """Load the touches of a claim with all that a message is made of."""
    touches = Touch.objects.filter(claim=claim, state=Touch.State.SENDING)
    return list(touches.select_related("contact__account", "journey", "enrollment").order_by("id"))


def _signed(salt: str, touch_id: int, position: int) -> str:
    return Signer(salt=salt, sep=".").sign(f"{touch_id}-{position}")


def _read(salt: str, token: str) -> tuple[int, int] | None:
    try:
        found = FORM.fullmatch(Signer(salt=salt, sep=".").unsign(token))
    except BadSignature:
        return None
    return (int(found[1]), int(found[2])) if found else None
