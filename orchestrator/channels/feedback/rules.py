"""When an open or a click was most likely not a person."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

TOO_QUICK = timedelta(seconds=1.5)
# Proxies that fetch a picture because a person opened the mail (Google, Yahoo) are not among them.
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|monitor|curl|wget|python|okhttp|java/|go-http|httpclient|headless|"
    r"barracuda|proofpoint|mimecast|safelinks|symantec|trendmicro|fireeye|cloudmark|slackbot|whatsapp|facebookexternalhit",
    re.IGNORECASE,
)
PREFETCH = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")


def likely_machine(headers: Mapping[str, str], *, called_at: datetime | None, now: datetime) -> bool:
    """Say whether a scanner or a prefetcher asked: by its name, by its headers, or quicker than anybody reads."""
    agent = headers.get("User-Agent", "")
    if not agent or MACHINES.search(agent[:1000]):
        return True
    if any(
        "prefetch" in headers.get(name, "").lower() or "preview" in headers.get(name, "").lower() for name in PREFETCH
    ):
        return True
    return called_at is None or now - called_at < TOO_QUICK
