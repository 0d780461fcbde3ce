"""Asks DNS, within little time, and says in one way that it did not answer."""

from collections.abc import Sequence

import dns.exception
import dns.resolver
from django.conf import settings

from orchestrator.channels.senders.rules import NotLookedUp

SECONDS = 2.0  # for one question
MOST = 20  # records that are looked at


def lookup(name: str, record: str) -> Sequence[str]:
    """The records of a name as texts; none when it has none. Raises NotLookedUp."""
    try:
        answer = _resolver().resolve(name, record, lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NotLookedUp(type(error).__name__) from error
    found = list(answer)[:MOST]
    if record == "TXT":
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]
    return [one.to_text() for one in found]


def _resolver() -> dns.resolver.Resolver:
    if not settings.MAIL_DNS_SERVERS:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    host, _, port = settings.MAIL_DNS_SERVERS[0].partition(":")
    resolver.nameservers, resolver.port = [host], int(port or 53)
    return resolver
