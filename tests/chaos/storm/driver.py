"""Runs a storm: starts a database of its own, a nursery of workers and a mail server, kills what is to be killed, and judges."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from orchestrator.kernel import embedded
from orchestrator.kernel.faults import POINTS
from tests.chaos.storm.oracle import Judgement, Mail, judge
from tests.chaos.storm.sink import Sink

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LATER = ("merge", "erase", "event_written")  # fire in children of their own, not in workers
IN_WORKERS = tuple(point for point in POINTS if point not in LATER)
IN_DELIVERY = ("touch_claimed", "before_call", "after_accept")  # where a worker that wakes too late could send twice
OPEN = "SELECT count(*) FROM journeys_touch WHERE state IN ('proposed', 'held', 'approved', 'sending')"
INSIDE = "SELECT count(*) FILTER (WHERE left_at IS NULL), count(*) FROM journeys_enrollment"
DOUBTS = """
SELECT c.email, s.key FROM journeys_touch t JOIN contacts_contact c ON c.id = t.contact_id JOIN journeys_step s ON s.id = t.step_id
WHERE t.state = 'unknown'
"""
STATES = "SELECT state, count(*) FROM journeys_touch GROUP BY state"
BOUNCES = "SELECT count(*) FROM contacts_event WHERE name = 'email_bounced'"
TRANSITIONS = (
    "SELECT count(*) FROM (SELECT enrollment_id, seq FROM journeys_transition GROUP BY 1, 2 HAVING count(*) > 1) x"
)
GIVE_UP = 1_800.0  # seconds until a storm that does not end is called lost


class Result(NamedTuple):
    """What a storm came to."""

    judgement: Judgement
    fired: Counter[str]  # by point and what happened there, as "merge:kill"
    states: dict[str, int]
    kills: int
    restarts: int
    woken: int  # stopped workers that went on long after their lease
    seconds: float
    runs: int
    twice: int  # moves that were written twice
    answers: list[int]
    bounces: int
    reported: int


@dataclass
class Storm:
    """One run. faults: points to kill workers at, one worker each; stops: to stop them at for two leases; kills: more at random."""

    people: int
    workers: int
    faults: tuple[str, ...] = IN_WORKERS
    stops: tuple[str, ...] = IN_DELIVERY
    kills: int = 0
    restarts: int = 0
    lease: int = 5  # seconds; must be longer than it takes to fill a batch, else nothing is ever sent
    seed: int = 1
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="st-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)))  # fmt: skip

    def run(self) -> Result:
        """Run it, and leave nothing behind."""
        self.folder.chmod(0o755)
        self.random, self.living, self.done_kills, self.done_restarts = random.Random(self.seed), {}, 0, 0
        self.stopped, self.woken = {}, 0
        self.server = embedded.start_postgres(self.folder, durable=True)
        try:
            with Sink() as self.sink:
                return self._run()
        finally:
            self.server.stop(signal.SIGQUIT)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self) -> Result:
        embedded.create_database(self.server, "orchestrator")
        self.counts, self.end, self.log = (self.folder / name for name in ("fired", "end", "events"))
        self.env = dict(
            os.environ, PGHOST=str(self.server.socket), EMAIL_URL=f"smtp://127.0.0.1:{self.sink.port}", FAULT_COUNT=str(self.counts),
            DELIVERY_LEASE_SECONDS=str(self.lease), BROKER_URL="redis://127.0.0.1:1/0", DB_POOL="4", BEAT_SECONDS="1", LOG_LEVEL="ERROR",
            DJANGO_SETTINGS_MODULE="orchestrator.settings", PUBLIC_URL="http://127.0.0.1:1",
        )  # fmt: skip
        self.env.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=self.env, check=True)
        nursery = [sys.executable, "-m", "tests.chaos.storm.nursery"]
        with subprocess.Popen(nursery, cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=embedded.die_with_parent) as self.nursery:  # fmt: skip
            try:
                assert self._line() == "ready"
                return self._storm()
            finally:
                self.end.touch()
                for pid in self.living:
                    _wait(pid, 20)
                self.nursery.stdin.close()

    def _storm(self) -> Result:
        begun = time.monotonic()
        self._child("seed", "-", self.people * 2)  # the second half is fed only when some points have not fired before
        self.events: list[str] = []
        self.armed = [f"{point}:kill" for point in self.faults] + [f"{point}:stop" for point in self.stops]
        faults = list(self.armed)
        self.random.shuffle(faults)
        for _ in range(self.workers):
            self._work(faults)
        self._feed("event_written:kill:3")
        others = [f"u{self.people * 2 + n}" for n in range(3)]
        for armed in ("merge:kill", "-"):
            self._child("merge", armed, ",".join(others[:2]))
        for armed in ("erase:kill", "-"):
            self._child("erase", armed, others[2])
        self._until_quiet(faults, begun)
        return self._judged(self.events, begun)

    def _feed(self, armed: str = "") -> None:
        """Write the events of the next tenth of the people to the list, then give them to the product; a killed feeder begins again."""
        portion = max(5, self.people // 10)
        new = [
            f"u{n}@people.example" for n in range(len(self.events), min(self.people * 2, len(self.events) + portion))
        ]
        self.events += new
        self.log.write_text("\n".join(new))
        if armed:
            self._child("feed", armed, self.log)
        self._child("feed", "-", self.log)

    def _until_quiet(self, faults: list[str], begun: float) -> None:
        restarts = [self.people * 3 * (n + 1) // (self.restarts + 2) for n in range(self.restarts)]
        kills = sorted(self.random.randrange(self.people * 3) for _ in range(self.kills))
        while time.monotonic() - begun < GIVE_UP:
            time.sleep(0.1)
            for pid in [pid for pid in self.living if not _alive(pid)]:
                self.stopped.pop(pid, None)
                if (
                    carried := self.living.pop(pid)
                ) in self._waiting_to_fire():  # it was killed before it came to the point
                    faults.append(carried)
                self._work(faults)
            self._wake()
            taken = len(self.sink.taken)
            if restarts and taken >= restarts[0]:
                restarts.pop(0)
                self._tear_down()
            if kills and taken >= kills[0] and (running := self.living.keys() - self.stopped.keys()):
                kills.pop(0)
                os.kill(self.random.choice(sorted(running)), signal.SIGKILL)
                self.done_kills += 1
            ((still,),), ((inside, runs),) = self._ask(OPEN), self._ask(INSIDE)
            more = self._waiting_to_fire() or self.stopped or len(self.events) < self.people or kills or restarts
            room = inside < self.people // 4 + 5 if len(self.events) < self.people else not inside and not still
            if more and room and len(self.events) < self.people * 2:
                self._feed()
            elif not more and not still and not inside and runs == len(self.events):
                return
            if os.environ.get("STORM_LOUD"):
                print(f"{time.monotonic() - begun:.0f} s: {taken} taken, {still} open, {inside} of {runs} inside, {len(self.events)} fed, to fire {self._waiting_to_fire()}")  # fmt: skip
        raise AssertionError(
            f"the storm did not end: {self._ask(STATES)}, {self._ask(INSIDE)}, to fire: {self._waiting_to_fire()}"
        )

    def _waiting_to_fire(self) -> set[str]:
        return set(self.armed) - set(self._fired())

    def _wake(self) -> None:
        """Let workers that stopped go on, when their claim has long been somebody else's."""
        now = time.monotonic()
        for pid in self.living:
            if pid not in self.stopped and _is_stopped(pid):
                self.stopped[pid] = now
            elif now - self.stopped.get(pid, now) > 2 * self.lease:
                del self.stopped[pid]
                os.kill(pid, signal.SIGCONT)
                self.woken += 1

    def _judged(self, events: list[str], begun: float) -> Result:
        doubts = [Mail(*row) for row in self._ask(DOUBTS)]
        states = dict(self._ask(STATES))
        reported = self.sink.touches[:5]
        answers = self.folder / "answers"
        self._child("report", "-", ",".join([str(answers), *map(str, reported)]))
        ((bounces,),), ((twice,),), ((_, runs),) = self._ask(BOUNCES), self._ask(TRANSITIONS), self._ask(INSIDE)
        judgement = judge(events, list(self.sink.taken), doubts)
        said = [int(word) for word in answers.read_text().split()] if answers.exists() else []
        return Result(judgement, self._fired(), states, self.done_kills, self.done_restarts, self.woken, time.monotonic() - begun,
                      runs, twice, said, bounces, len(reported))  # fmt: skip

    def _work(self, faults: list[str]) -> None:
        armed = faults.pop() if faults else "-"
        self.living[self._start("work", armed, self.end)] = armed

    def _child(self, verb: str, armed: str, argument: Any) -> None:
        _wait(self._start(verb, armed, argument), 600)

    def _start(self, verb: str, armed: str, argument: Any) -> int:
        print(verb, armed, argument, file=self.nursery.stdin, flush=True)
        return int(self._line())

    def _line(self) -> str:
        return self.nursery.stdout.readline().strip()

    def _fired(self) -> Counter[str]:
        return Counter(self.counts.read_text().split()) if self.counts.exists() else Counter()

    def _tear_down(self) -> None:
        """Kill the database: first at once and without a word, then as `pg_ctl -m immediate` does."""
        self.server.stop(signal.SIGKILL if self.done_restarts % 2 == 0 else signal.SIGQUIT)
        for _ in range(100):
            try:
                self.server = embedded.start_postgres(self.folder, durable=True)
                break
            except embedded.DidNotStart:  # children of the old one are still there
                time.sleep(0.2)
        self.done_restarts += 1

    def _ask(self, query: str) -> list[tuple]:
        with psycopg.connect(host=str(self.server.socket), user="postgres", dbname="orchestrator") as connection:
            return connection.execute(query).fetchall()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_stopped(pid: int) -> bool:
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has just ended
        return False
    return said.rpartition(")")[2].split()[0] == "T"


def _wait(pid: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while _alive(pid):
        assert time.monotonic() < until, f"process {pid} does not end"
        time.sleep(0.02)
