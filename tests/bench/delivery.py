"""Mails a second from approved to recorded: two delivery processes and a mail server that takes everything, on this machine.

`python -m tests.bench.delivery NUMBER` is one delivery process: it sends until nothing is left and prints what it used.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.rendering import BODY

ROOT = Path(__file__).resolve().parents[2]
MAILS, WORKERS, LIMIT = 20_000, 2, 500


def run(report: Callable[..., None], mails: int = int(os.environ.get("BENCH_MAILS", MAILS))) -> None:
    """Approve messages to as many people, and have them sent; beside it Django's own mail classes on one connection."""
    from orchestrator.kernel.embedded import free_port

    port = free_port()
    sink = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        sink.stdout.readline()
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        prepare(mails)
        baseline = _django_alone(port, 2_000)
        sent, seconds, said = measure(mails)
        print("  " + "\n  ".join(said), flush=True)
    finally:
        sink.terminate()
        taken = int(sink.communicate(timeout=30)[0].strip() or 0)
    if sent != mails or taken != mails + 2_000:
        raise SystemExit(f"{sent} recorded and {taken - 2_000} taken of {mails}")
    report(
        case=f"delivery: mails, {WORKERS} processes (wanted 1,500)", figure=sent / seconds, unit="/s",
        baseline=f"Django's mail classes alone, one process: {baseline:,.0f}/s", ratio=sent / seconds / baseline,
    )  # fmt: skip


def prepare(mails: int) -> None:
    """A mail with a table and links, people who agreed, a touch approved for each."""
    from django.db import connection

    from consent.models import Limit, QuietHours
    from journeys.models import Block, Variant
    from tests.bench import arbiter

    arbiter.scene(mails)
    Limit.objects.all().delete()
    QuietHours.objects.all().delete()
    block = Block.objects.get(slug="bench")
    Variant.objects.create(
        block=block, channel="email", language="de", subject='Hallo {{ contact.first_name | default: "du" }}', body=BODY
    )
    at = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE consent_state SET granted = true")
        cursor.execute("UPDATE contacts_contact SET first_name = 'Anna', attributes = '{\"vip\": true}'")
        cursor.execute(
            "INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, left_at, reason, outcome, evidence)"
            " SELECT c.id, j.id, j.live_version_id, 'k' || c.id, '', s.id, 1, %(now)s, %(now)s, NULL, NULL, '', '', '{\"lines\": [{\"name\": \"Lamp\", \"price\": 10}]}'"
            " FROM contacts_contact c, journeys_journey j JOIN journeys_step s ON s.version_id = j.live_version_id AND s.key = 'end' WHERE j.slug = 'j0' ORDER BY c.id",
            {"now": at},
        )
        cursor.execute(
            "INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,"
            " proposed_at, expires_at, hold_until, address, language, subject, decided_at)"
            " SELECT e.id, s.id, 0, e.contact_id, e.journey_id, %(block)s, 'email', 'email_marketing', 'approved', '', %(now)s,"
            " %(now)s::timestamptz + interval '3 days', NULL, c.email, '', '', %(now)s"
            " FROM journeys_enrollment e JOIN contacts_contact c ON c.id = e.contact_id JOIN journeys_step s ON s.version_id = e.version_id AND s.key = 'mail' ORDER BY e.id",
            {"now": at, "block": block.pk},
        )
    arbiter.analyze()


def measure(mails: int) -> tuple[int, float, list[str]]:
    """Start the processes, wait for both. Returns how many were sent, in which time, and what each process says of itself."""
    from journeys.models import Touch

    workers = [
        subprocess.Popen([sys.executable, "-m", "tests.bench.delivery", str(n)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(WORKERS)
    ]  # fmt: skip
    for worker in workers:
        worker.stdout.readline()  # it is warm
    begun = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.stdout.readline().strip() for worker in workers]
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.wait(30)
    return Touch.objects.filter(state="sent").count(), seconds, said


def work(number: str) -> None:
    """One delivery process."""
    import django

    django.setup()
    from journeys.content.rendering import warm_up
    from orchestrator.channels.operations import deliver_touches

    warm_up()
    print("ready", flush=True)
    sys.stdin.readline()
    sent, middle = 0, 0
    while found := deliver_touches(now=lambda: datetime.now(UTC), limit=LIMIT):
        sent += found["sent"]
        middle = middle or (_memory() if sent > 2_000 else 0)
    mine, children = resource.getrusage(resource.RUSAGE_SELF), _child_seconds()
    print(
        f"process {number}: {sent} sent, {mine.ru_utime + mine.ru_stime:.1f} s of processor, its children {children:.1f} s,"
        f" memory {middle} MB after 2,000 and {_memory()} MB at the end", flush=True,
    )  # fmt: skip


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20


def _child_seconds() -> float:
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    stats = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in stats) / os.sysconf("SC_CLK_TCK")


def _django_alone(port: int, mails: int) -> float:
    from django.core.mail import EmailMultiAlternatives
    from django.core.mail.backends.smtp import EmailBackend

    begun = time.perf_counter()
    with EmailBackend(host="127.0.0.1", port=port) as line:
        for n in range(mails):
            message = EmailMultiAlternatives("Hallo", "Text", "a@n.example", [f"p{n}@p.example"])
            message.attach_alternative("<p>Text</p>" * 40, "text/html")
            line.send_messages([message])
    return mails / (time.perf_counter() - begun)


if __name__ == "__main__":
    work(sys.argv[1])
