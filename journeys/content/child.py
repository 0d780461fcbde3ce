"""The program that fills authors' texts: a process of its own with hard limits, no secrets, no files, no network."""

import gc
import os
import resource
import select
import signal
import struct
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from journeys.content import fallbacks, mail, sandbox
from journeys.content.rules import ContentProblem

CPU_SECONDS = 0.22  # of one job: then it ends as a problem
HARD_CPU_SECONDS = 0.25  # if it sits where Python cannot interrupt it: then the process ends
MEMORY = 128 * 1024 * 1024  # of address space
NOBODY = 65534
ALIVE_SECONDS = 5  # how often an idle child looks whether its parent lives
SIZE = struct.Struct("!I")
WARM = (
    "{{ '2026-03-02' | date: 'full' }}{{ 1.5 | money }}{{ 1.5 | number }}{{ contact.name | default: 'x' | capitalize }}"
)
WARM_BODY = "<mj-text>{% if a %}{{ a }}{% endif %}</mj-text><mj-button href='https://warm.example'>x</mj-button>"
WARM_MAIL = {"language": "en", "sender": "", "why": "", "unsubscribe_url": "", "unsubscribe_label": "", "imprint": []}


class TooSlow(BaseException):
    """A text takes too much processor time; no handler of errors on the way may swallow it."""


def main() -> None:
    """Answer batches of jobs from standard input until it ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warm_up()
    lock_down()
    _write(b"")  # ready
    parent = os.getppid()
    ready = select.poll()
    ready.register(0, select.POLLIN)
    while os.getppid() == parent:
        if not ready.poll(ALIVE_SECONDS * 1000):
            continue
        batch = _read()
        if batch is None:
            return
        texts, jobs = msgspec.msgpack.decode(batch)
        for form, text, context in jobs:
            _write(msgspec.msgpack.encode(answer(form, texts[text], context)))


def warm_up() -> None:
    """Load whatever is loaded late: afterwards no file can be opened."""
    for language in ("en", "de"):
        context = {"mail": {**WARM_MAIL, "language": language}, "a": 1}
        mail.render(mail.compiled(WARM, WARM, WARM_BODY), context)
        perform("check", ["{{ nothing.here }}{% for x in (1..2) %}{{ x }}{% endfor %}"], context)
    answer("texts", ["{% broken"], {})
    gc.freeze()


def lock_down() -> None:
    """Give up everything that a text does not need: other users' rights, new files, sockets, processes, dumps."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    # Standard input, output and error are open: there is no number left for another file or socket.
    for limit, most in (
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGPROF, _too_slow)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)


def answer(form: str, sources: Sequence[str], context: dict[str, Any]) -> list[Any]:
    """Do one job within its limits: ["made", ...], or ["problem", words]."""
    try:
        try:
            return ["made", _limited(lambda: perform(form, sources, context))]
        except MemoryError:  # perhaps only because of all that is kept
            mail.compiled.cache_clear()
            sandbox.compiled.cache_clear()
            gc.collect()
            return ["made", _limited(lambda: perform(form, sources, context))]
    except TooSlow:
        return ["problem", f"takes more than {HARD_CPU_SECONDS * 1000:.0f} ms of processor time"]
    except MemoryError:
        return ["problem", f"needs more than {MEMORY // 1024 // 1024} MB of memory"]
    except ContentProblem as problem:
        return ["problem", str(problem)]
    except Exception as error:  # whatever a text breaks is a problem of that text alone
        return ["problem", f"{type(error).__name__}: {error}"[:300]]


def perform(form: str, sources: Sequence[str], context: dict[str, Any]) -> Any:
    """Fill a mail ("mail": subject, preheader, body), plain texts ("texts"), or look what is wrong with texts ("check", "read")."""
    if form == "mail":
        subject, preheader, body = sources
        return mail.render(mail.compiled(subject, preheader, body), context)
    if form == "texts":
        return [sandbox.fill(sandbox.compiled(source), context) for source in sources]
    if form == "compile":
        mail.compiled(*sources)
        return True
    return [_checked(source, context, filled=form == "check") for source in sources]


def _checked(source: str, context: dict[str, Any], *, filled: bool) -> list[Any]:
    try:
        missing = sandbox.missing_values(source, context) if filled else []
        return ["", sandbox.names_in(source), missing, fallbacks.uncaught(source)]
    except ContentProblem as problem:
        return [str(problem), [], [], []]


def _limited(work: Callable[[], Any]) -> Any:
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, HARD_CPU_SECONDS)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        return work()
    finally:
        _stop_clocks()


def _stop_clocks() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_slow(*_: object) -> None:
    _stop_clocks()
    raise TooSlow


def _read() -> bytes | None:
    head = _read_exactly(SIZE.size)
    return head and _read_exactly(SIZE.unpack(head)[0])


def _read_exactly(size: int) -> bytes | None:
    got = bytearray()
    while len(got) < size:
        more = os.read(0, size - len(got))
        if not more:
            return None
        got += more
    return bytes(got)


def _write(frame: bytes) -> None:
    rest = memoryview(SIZE.pack(len(frame)) + frame)
    while rest:
        rest = rest[os.write(1, rest) :]
