"""What a provider's answer means."""

import re
from typing import NamedTuple

ENHANCED = re.compile(r"\s*5\.(\d{1,3})\.\d{1,3}\b")
NO_SUCH_ADDRESS = (550, 551, 553)  # where the server gives no enhanced code


class Answer(NamedTuple):
    """What a provider said about one message. outcome: sent, rejected, unavailable, unknown."""

    outcome: str
    words: str = ""
    bounced: bool = False  # the address itself is dead


SENT = Answer("sent")


def understood(code: int, words: str, *, about_recipient: bool) -> Answer:
    """Read a refusal of SMTP: 4xx may be tried again, 5xx not, and some 5xx mean that the address is dead."""
    if not 500 <= code < 600:
        return Answer("unavailable", f"{code} {words}")
    enhanced = ENHANCED.match(words)
    dead = enhanced[1] == "1" if enhanced else code in NO_SUCH_ADDRESS
    return Answer("rejected", f"{code} {words}", about_recipient and dead)
