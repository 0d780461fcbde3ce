"""How many mails a new sender may send on a day, and what must stand in DNS for it."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

FIRST_DAY, CEILING = 50, 50_000
# what a provider wants in SPF; elsewhere it is the mail server itself
SPF_OF = {
    "amazon_ses": "include:amazonses.com",
    "brevo": "include:spf.brevo.com",
    "mailgun": "include:mailgun.org",
    "mailjet": "include:spf.mailjet.com",
    "postmark": "include:spf.mtasv.net",
    "resend": "include:amazonses.com",
    "scaleway": "include:_spf.tem.scaleway.com",
    "sendgrid": "include:sendgrid.net",
    "sparkpost": "include:_spf.sparkpostmail.com",
}
SELECTOR = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?", re.IGNORECASE)
OK, WARN, BAD, OPEN = "ok", "warn", "bad", "open"


class NotLookedUp(Exception):
    """DNS could not be asked, or did not answer: nothing is known."""


class Line(NamedTuple):
    """One line that has to stand in DNS. kind: SPF, DKIM, DMARC or MX. record: its type. value: what to write, where we know it."""

    kind: str
    name: str
    record: str
    value: str


class Found(NamedTuple):
    """What was found for a line. state: ok, warn, bad, or open when DNS could not be asked. code: why, for a sentence."""

    line: Line
    state: str
    code: str
    seen: tuple[str, ...] = ()


Lookup = Callable[[str, str], Sequence[str]]


def most_on(day: date, *, begun: date | None, first: int, ceiling: int) -> int | None:
    """How many mails may go on a day of the warm-up; None when there is no limit: not begun to be warmed up, or done."""
    if begun is None:
        return None
    age = (day - begun).days
    if age < 0:
        return 0
    most = first * 2 ** min(age, 40)
    return None if most >= ceiling else most


def days_of(*, begun: date, first: int, ceiling: int) -> int:
    """How many days a warm-up takes."""
    days, most = 0, first
    while most < ceiling:
        days, most = days + 1, most * 2
    return days


def selectors_in(text: str) -> list[str]:
    """The selectors in what somebody typed. Raises ValueError with the one that is none."""
    found = [one for one in re.split(r"[\s,;]+", text.strip()) if one]
    for one in found:
        if not SELECTOR.fullmatch(one):
            raise ValueError(one)
    return list(dict.fromkeys(found))


def lines_for(
    domain: str, *, selectors: Sequence[str], provider: str, server: str, bounces: str, reports: str
) -> list[Line]:
    """What has to stand in DNS for mail from a domain.

    server: the mail server, where no provider sends; bounces: the domain that bounces go to, empty when it is the same;
    reports: where the reports of DMARC shall go.
    """
    allowed = SPF_OF.get(provider) or (f"a:{server}" if "." in server else "mx")
    lines = [Line("SPF", bounces or domain, "TXT", f"v=spf1 {allowed} ~all")]
    if bounces:
        lines.append(Line("MX", bounces, "MX", f"10 {server if '.' in server else 'mail.' + bounces}."))
    lines += [Line("DKIM", f"{one}._domainkey.{domain}", "TXT", "v=DKIM1; k=rsa; p=...") for one in selectors]
    lines.append(Line("DMARC", f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=quarantine; rua=mailto:{reports}"))
    return lines


def checked(lines: Sequence[Line], lookup: Lookup) -> list[Found]:
    """Look each line up. What cannot be looked up is open, and the rest is looked at all the same."""
    found = []
    for line in lines:
        try:
            found.append(_judged(line, lookup))
        except NotLookedUp:
            found.append(Found(line, OPEN, "not_looked_up"))
    return found


def _judged(line: Line, lookup: Lookup) -> Found:
    seen = tuple(lookup(line.name, line.record))
    if line.kind == "MX":
        return Found(line, OK if seen else BAD, "there" if seen else "missing", seen)
    if line.kind == "SPF":
        return _spf(line, tuple(one for one in seen if one.lower().split(" ")[0] == "v=spf1"))
    if line.kind == "DKIM":
        keys = tuple(one for one in seen if re.search(r"(^|;)\s*p=", one))
        if not keys:
            return Found(line, BAD, "missing", seen)
        return (
            Found(line, BAD, "revoked", keys)
            if re.search(r"(^|;)\s*p=\s*(;|$)", keys[0])
            else Found(line, OK, "there", keys)
        )
    return _dmarc(line, seen, lookup)


def _spf(line: Line, seen: tuple[str, ...]) -> Found:
    if len(seen) != 1:
        return Found(line, BAD, "several" if seen else "missing", seen)
    words = seen[0].lower().split()
    if "+all" in words or "all" in words:
        return Found(line, BAD, "everybody", seen)
    wanted = line.value.split()[1]
    named = wanted in words or (
        not wanted.startswith("include:")
        and any(w.startswith(("a", "mx", "ip4:", "ip6:", "include:")) for w in words[1:])
    )
    return Found(line, OK if named else BAD, "there" if named else "not_named", seen)


def _dmarc(line: Line, seen: tuple[str, ...], lookup: Lookup) -> Found:
    labels = line.name.removeprefix("_dmarc.").split(".")
    records = tuple(one for one in seen if one.lower().startswith("v=dmarc1"))
    while not records and len(labels) > 2:  # a domain above may speak for all below it
        labels = labels[1:]
        records = tuple(
            one for one in lookup(f"_dmarc.{'.'.join(labels)}", "TXT") if one.lower().startswith("v=dmarc1")
        )
    if len(records) != 1:
        return Found(line, BAD, "several" if records else "missing", records)
    policy = re.search(r";\s*p=\s*([a-z]+)", records[0].lower())
    if policy is None or policy[1] not in ("none", "quarantine", "reject"):
        return Found(line, BAD, "no_policy", records)
    return Found(line, WARN, "only_watches", records) if policy[1] == "none" else Found(line, OK, "there", records)
