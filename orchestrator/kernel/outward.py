"""The one door to machines outside: public web addresses only, resolved once, no redirects, little time, little text."""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

PORTS = frozenset({80, 443, 8080, 8443})
ADDRESS_LIMIT = 2_000  # characters of an address
ANSWER_LIMIT = 64 * 1024  # bytes of an answer that are read
UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")  # what stands in no address: blanks, controls, letters beyond ASCII
HOST = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?", re.I
)
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?", re.I)
# Ways in which an IPv6 address carries an IPv4 one, or leads to one.
CARRIERS = tuple(map(ipaddress.IPv6Network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")))
NOT_GLOBAL = tuple(map(ipaddress.IPv4Network, ("192.88.99.0/24", "192.0.0.0/24")))
NO_CONNECTION = "no connection to this address"  # the same words whatever the reason: they must not map our network
NO_ANSWER = "no answer in time"
TLS = ssl.create_default_context()
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class Refused(Exception):
    """An address is none that we call."""


class NotReached(Exception):
    """Nobody was reached, or nobody answered in time. sent: the request may have arrived."""

    def __init__(self, words: str, *, sent: bool) -> None:
        super().__init__(words)
        self.sent = sent


class Answer(NamedTuple):
    """What a machine said. whole: the body is complete; else it was longer than is read."""

    status: int
    body: bytes
    whole: bool
    retry_after: str


def refusal(url: str, allowed: Collection[str] = ()) -> str:
    """Say why an address is never called, by how it is written; empty when it may be. allowed: "host:port" of our own."""
    if not isinstance(url, str) or not url or len(url) > ADDRESS_LIMIT:
        return f"expected an address of up to {ADDRESS_LIMIT} characters"
    if UNSAFE.search(url):
        return "letters that stand in no address"
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError:
        return "expected an address like https://example.com/path"
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not url.lower().startswith(f"{parts.scheme}://"):
        return "expected https:// or http://"
    if "@" in parts.netloc:
        return "no user name or password can stand in an address"
    if not host:
        return "expected the name of a machine"
    if f"{host}:{port}" in allowed:
        return ""
    if port not in PORTS:
        return f"expected port {', '.join(map(str, sorted(PORTS)))}"
    return _host_refusal(host)


def _host_refusal(host: str) -> str:
    try:
        return "" if is_public(host) else "expected an address that is public"
    except ValueError:
        pass  # no number of a machine, so it has to be a name
    if not HOST.fullmatch(host) or NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return "expected the name of a machine"
    last = host.lower().rstrip(".").rpartition(".")
    if not last[0] or last[2] in ("localhost", "local", "internal", "localdomain", "home", "lan", "test", "invalid"):
        return "expected an address that is public"
    return ""


def is_public(number: str) -> bool:
    """Whether the number of a machine belongs to the public network. Raises ValueError where it is none."""
    if "%" in number:
        return False  # an interface of this machine
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or any(address in net for net in CARRIERS):
            return False
        return address.is_global and not address.is_multicast and address in ipaddress.IPv6Network("2000::/3")
    return address.is_global and not address.is_multicast and not any(address in net for net in NOT_GLOBAL)


def port_of(parts: SplitResult) -> int:
    """The port of an address. Raises ValueError."""
    return parts.port if parts.port is not None else {"https": 443, "http": 80}.get(parts.scheme, 0)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _connect(number: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((number, port), seconds)


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
    allowed: Collection[str] = (),
    resolve: Resolve = _resolve,
    connect: Connect = _connect,
) -> Answer:
    """Call a machine outside: the name is resolved once, every number it has must be public, and that one is connected to.

    Redirects are answers like others. Raises Refused: nothing was connected to. NotReached.
    """
    if words := refusal(url, allowed):
        raise Refused(words)
    parts = urlsplit(url)
    host, port = parts.hostname or "", port_of(parts)
    try:
        numbers = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NotReached(NO_CONNECTION, sent=False) from error
    if f"{host}:{port}" not in allowed and not (numbers and all(map(is_public, numbers))):
        raise Refused(NO_CONNECTION)
    begun = time.monotonic()
    try:
        line = connect(numbers[0], port, seconds)
    except OSError as error:
        raise NotReached(NO_CONNECTION, sent=False) from error
    with _Watch(line, max(0.1, seconds - (time.monotonic() - begun))) as watch:
        return _asked(watch, parts, method, headers, body)


class _Watch:
    """Hangs up an open line when the time is over, however slowly the other side talks."""

    def __init__(self, line: socket.socket, seconds: float) -> None:
        self.line, self.over = line, False
        self.timer = threading.Timer(seconds, self._hang_up)
        self.timer.daemon = True

    def __enter__(self) -> Self:
        self.timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.timer.cancel()
        self.line.close()

    def _hang_up(self) -> None:
        self.over = True
        try:
            self.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already


def _asked(watch: _Watch, parts: SplitResult, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
    begun = False
    try:
        if parts.scheme == "https":
            tls = TLS.wrap_socket(watch.line, server_hostname=parts.hostname, do_handshake_on_connect=False)
            watch.line = tls
            tls.do_handshake()
        talk = http.client.HTTPConnection(parts.netloc)
        talk.sock = watch.line
        begun = True
        talk.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, dict(headers))
        answer = talk.getresponse()
        text = answer.read(ANSWER_LIMIT + 1)
    except (OSError, http.client.HTTPException) as error:
        raise NotReached(NO_ANSWER if begun else NO_CONNECTION, sent=begun) from error
    whole = len(text) <= ANSWER_LIMIT
    if watch.over or (whole and answer.length):  # it ended before all was said
        raise NotReached(NO_ANSWER, sent=True)
    return Answer(answer.status, text[:ANSWER_LIMIT], whole, answer.getheader("Retry-After", "")[:40])
