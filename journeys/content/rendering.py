"""Has authors' texts filled by children: processes with hard limits, so that no text harms the one that asks.

A child takes a batch and answers job by job; one that dies or hangs loses only the job it was at.
"""

import html
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog

from journeys.content.rules import SOURCE_LIMIT, ContentProblem

CHILDREN = 2  # of one process, at most
BATCH = 50  # jobs sent at once
START_SECONDS = 15.0  # until a new child says that it is ready: half a second where the machine has nothing else to do
WALL_SECONDS = 15.0  # for one answer; a child that has the processor needs a quarter of a second at most
CONTEXT_LIMIT = 1024 * 1024  # of the values of one job, in bytes
SIZE = struct.Struct("!I")
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from journeys.content.child import main; main()"
WEB = ("https://", "http://")
ENCODER = msgspec.msgpack.Encoder(decimal_format="number")
Pieces = list[str]  # text and addresses in turn: every second one is an address
log = structlog.get_logger(__name__)


class Job(NamedTuple):
    """One thing to do. form: "mail" (sources: subject, preheader, body), "texts", "check", "read" or "compile"."""

    form: str
    sources: tuple[str, ...]
    context: Mapping[str, Any]


class Mail(NamedTuple):
    """A filled mail, its addresses apart."""

    subject: str
    html: Pieces
    text: Pieces

    def page(self, rewrite: Callable[[str], str] = str) -> str:
        """The HTML; `rewrite` gives the address that stands in the mail for each web link."""
        return "".join(html.escape(_address(p, rewrite)) if n % 2 else p for n, p in enumerate(self.html))

    def plain(self, rewrite: Callable[[str], str] = str) -> str:
        """The text part; `rewrite` as for the page."""
        return "".join(_address(p, rewrite) if n % 2 else p for n, p in enumerate(self.text))


class Checked(NamedTuple):
    """What a text names, what of it prints nothing with these values, and what may print nothing for somebody.

    error: why it cannot be filled, or empty.
    """

    error: str
    names: list[str]
    missing: list[str]
    uncaught: list[str]


Made = Mail | list[str]


def render_many(jobs: Sequence[Job]) -> list[Made | ContentProblem]:
    """Fill texts: a Mail for "mail", a list of texts for "texts", in order; what cannot be filled is a ContentProblem."""
    return [
        Mail(*made) if job.form == "mail" and not isinstance(made, ContentProblem) else made
        for job, made in zip(jobs, _done(jobs), strict=True)
    ]


def render_texts(sources: Sequence[str], context: Mapping[str, Any]) -> list[str]:
    """Fill plain texts with one set of values. Raises ContentProblem."""
    made = _done([Job("texts", tuple(sources), context)])[0]
    if isinstance(made, ContentProblem):
        raise made
    return list(made)


def check_text(sources: Sequence[str], context: Mapping[str, Any] | None) -> list[Checked]:
    """Say of each text what it names and what would be missing with these values; None: it is read, and not filled."""
    made = _done([Job("read" if context is None else "check", tuple(sources), context or {})])[0]
    if isinstance(made, ContentProblem):
        return [Checked(str(made), [], [], []) for _ in sources]
    return [Checked(*one) for one in made]


def warm_up() -> None:
    """Have a child that waits for its first text: starting one takes as long as filling hundreds."""
    with _child():
        pass


def check_mail(subject: str, preheader: str, body: str) -> None:
    """Compile a mail. Raises ContentProblem."""
    made = _done([Job("compile", (subject, preheader, body), {})])[0]
    if isinstance(made, ContentProblem):
        raise made


def _address(url: str, rewrite: Callable[[str], str]) -> str:
    return rewrite(url) if url.lower().startswith(WEB) else url


def _done(jobs: Sequence[Job]) -> list[Any]:
    """Have jobs done: what a child made of each, or a ContentProblem."""
    results: list[Any] = [None] * len(jobs)
    waiting: list[tuple[int, bytes]] = []
    for n, job in enumerate(jobs):
        try:
            waiting.append((n, _encoded(job)))
        except ContentProblem as problem:
            results[n] = problem
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        texts = {jobs[n].sources: None for n, _ in part}
        for (n, _), made in zip(part, _answers(part, jobs, list(texts)), strict=True):
            results[n] = made[1] if made[0] == "made" else ContentProblem(made[1])
    return results


def _encoded(job: Job) -> bytes:
    """The values of a job as bytes. Raises ContentProblem for what no child should see."""
    try:
        for source in job.sources:
            if len(source.encode()) > SOURCE_LIMIT:
                raise ContentProblem(f"longer than {SOURCE_LIMIT // 1024} KiB")
        values = ENCODER.encode(job.context)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:  # lone surrogates, huge integers, objects
        raise ContentProblem(f"values that a text cannot have: {error}") from error
    if len(values) > CONTEXT_LIMIT:
        raise ContentProblem(f"the values are larger than {CONTEXT_LIMIT // 1024} KiB")
    return values


def _answers(part: Sequence[tuple[int, bytes]], jobs: Sequence[Job], texts: list[tuple[str, ...]]) -> list[Any]:
    """What children answer to a batch, in order."""
    place = {text: n for n, text in enumerate(texts)}
    rest = [[jobs[n].form, place[jobs[n].sources], msgspec.Raw(values)] for n, values in part]
    made: list[Any] = []
    while rest:
        with _child() as child:
            try:
                child.send(ENCODER.encode([texts, rest]))
                while rest:
                    made.append(child.receive())
                    del rest[0]
            except _Died as died:
                log.warning("a text ended its child", words=str(died), answered=child.answered)
                if died.hung or not child.answered:
                    made.append(["problem", str(died)])
                    del rest[0]
                # else perhaps only because of all that it keeps: the job at which it died is the first of the next child
    return made


class Unavailable(Exception):
    """No child can be started: the machine is to blame, not a text."""


class _Died(Exception):
    """A child ended (or hung); the message is what the author of the text reads."""

    def __init__(self, words: str, *, hung: bool = False) -> None:
        super().__init__(words)
        self.hung = hung


class _Child:
    """One process and its pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603  # nothing of it is anybody's input
            [sys.executable, "-I", "-c", PROGRAM, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            close_fds=True,
            bufsize=0,
        )
        self.answered = 0
        self.dead = False
        self.buffer = bytearray()
        try:
            self._exactly(SIZE.size, time.monotonic() + START_SECONDS)  # it says that it is ready
        except _Died as died:
            raise Unavailable("the process that fills texts does not start") from died

    def send(self, frame: bytes) -> None:
        """Hand over a batch; the child reads all of it before it answers."""
        assert self.process.stdin is not None
        rest = memoryview(SIZE.pack(len(frame)) + frame)
        try:
            while rest:
                rest = rest[os.write(self.process.stdin.fileno(), rest) :]
        except OSError as error:
            self.end()
            raise _Died("the process that fills texts ended") from error

    def receive(self) -> Any:
        """The next answer. Raises _Died."""
        until = time.monotonic() + WALL_SECONDS
        size = SIZE.unpack(self._exactly(SIZE.size, until))[0]
        made = msgspec.msgpack.decode(self._exactly(size, until))
        self.answered += 1
        return made

    def _exactly(self, size: int, until: float) -> bytes:
        assert self.process.stdout is not None
        number = self.process.stdout.fileno()
        ready = select.poll()
        ready.register(number, select.POLLIN)
        while len(self.buffer) < size:
            if not ready.poll(max(0.0, until - time.monotonic()) * 1000):
                self.end()
                raise _Died(f"takes more than {WALL_SECONDS:.0f} seconds", hung=True)
            more = os.read(number, 1024 * 1024)
            if not more:
                self.end()
                raise _Died("takes more than 250 ms of processor time, or more than 128 MB of memory")
            self.buffer += more
        got = bytes(self.buffer[:size])
        del self.buffer[:size]
        return got

    def end(self) -> None:
        """Kill it and reap it."""
        self.dead = True
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Let go of the pipes: a child whose input ends, ends."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class _Pool:
    """The children of this process; a thread that finds all of them busy waits."""

    def __init__(self) -> None:
        self.places = threading.BoundedSemaphore(CHILDREN)
        self.lock = threading.Lock()
        self.idle: list[_Child] = []


_pool = _Pool()


@contextmanager
def _child() -> Iterator[_Child]:
    pool = _pool
    with pool.places:
        with pool.lock:
            child = pool.idle.pop() if pool.idle else None
        child = child or _Child()
        try:
            yield child
        except BaseException:
            child.end()  # its answers belong to nobody any more
            raise
        finally:
            if not child.dead:
                with pool.lock:
                    pool.idle.append(child)


def _forget() -> None:
    """After a fork: the children are the parent's."""
    global _pool
    for child in _pool.idle:
        child.close()
    _pool = _Pool()


os.register_at_fork(after_in_child=_forget)
