"""One event that a provider told by a webhook."""

import re
from typing import NamedTuple

from orchestrator.channels.feedback.rules import Report

OURS = re.compile(r"/c/([A-Za-z0-9_.-]{10,120})/")


class Told(NamedTuple):
    """What an event reports, and for opens and clicks which link and by what program."""

    report: Report
    url: str = ""
    agent: str = ""

    @property
    def token(self) -> str:
        """The signed name of a link, where the provider counted one that is counted by us too."""
        found = OURS.search(self.url)
        return found[1] if found else ""
