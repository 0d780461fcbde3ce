"""Verdicts a second of the arbiter, beside a loop that decides one person at a time with the ORM; and a beat without work."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock

from django.db import connection, transaction

from consent.models import Limit, Purpose, QuietHours, State
from contacts.models import Contact
from journeys.definitions.operations import import_journey
from journeys.models import Block, Journey, Touch
from orchestrator.arbiter.lanes import decide_all
from orchestrator.kernel.scope import EVERYBODY
from orchestrator.models import Verdict
from orchestrator.tick import loop

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TOUCHES, PEOPLE, BATCH, LOOP = 200_000, 110_000, 10_000, 1_000
MILLION = 1_000_000
NAMES = {"en": "x", "de": "x"}
ZONES = "(ARRAY['Europe/Berlin','Europe/Vienna','Europe/London','America/New_York'])"


def run(report: Callable[..., None], people: int = PEOPLE, touches: int = TOUCHES) -> None:
    """Decide the same touches twice: some of them in a loop, all of them by the arbiter."""
    scene(people)
    propose(touches)
    analyze()
    per_contact = min(LOOP, people)
    started = time.perf_counter()
    n = loop_over(list(Contact.objects.order_by("pk").values_list("pk", flat=True)[:per_contact]))
    slow = n / (time.perf_counter() - started)
    propose(touches)
    analyze()
    started = time.perf_counter()
    decided = decide()
    fast = decided / (time.perf_counter() - started)
    print(f"  {decided} verdicts: {outcomes()}", flush=True)
    report(
        case=f"arbiter: verdicts, {touches} touches, {people} people, 3 limits", figure=fast, unit="1/s",
        baseline=f"ORM, a lock a person {slow:.0f}", ratio=fast / slow,
    )  # fmt: skip
    if people >= PEOPLE:
        _idle(report)


def scene(people: int) -> None:
    """People who agreed, two topics, three limits, quiet hours, four journeys with priorities."""
    Block.objects.create(slug="bench", phase="purchase", state="approved", changed_at=NOW, name_en="b", name_de="b")
    parent = Purpose.objects.get(slug="email_marketing")
    Purpose.objects.create(slug="news", parent=parent, name_en="n", name_de="n")
    named = {"name_en": "l", "name_de": "l"}
    Limit.objects.create(slug="mail-week", channel="email", most=3, window=timedelta(days=7), overflow="drop", **named)
    Limit.objects.create(slug="day", most=2, calendar="day", window=timedelta(days=1), **named)
    Limit.objects.create(slug="news", purpose="news", most=1, window=timedelta(days=7), overflow="drop", **named)
    QuietHours.objects.create(starts=clock(21), ends=clock(8), holidays=True)
    QuietHours.objects.create(starts=clock(12), ends=clock(13), weekdays=[6, 7])
    from contacts.models import Segment

    Segment.objects.create(slug="nobody", condition={"stage": "none"}, name_en="n", name_de="n")
    for n in range(4):
        steps = [
            {"key": "mail", "kind": "send", "name": NAMES, "block": "bench"},
            {"key": "end", "kind": "end", "name": NAMES},
        ]
        import_journey(
            definition={"slug": f"j{n}", "name": NAMES, "phase": "purchase", "entry": {"segment": "nobody"}, "steps": steps, "priority": 10 + n}, now=NOW
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)"
            f" SELECT 'p' || n, 'p' || n || '@p.example', '', '', '', 'de', (ARRAY['DE','AT','GB','US'])[1 + n %% 4], {ZONES}[1 + n %% 4], '', '{{}}', %s, %s"
            " FROM generate_series(1, %s) n ORDER BY n",
            [NOW, NOW, people],
        )
        cursor.execute(
            "WITH said AS (INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)"
            " SELECT c.id, p.id, 'granted', %s, 'bench', '', '{}' FROM contacts_contact c, consent_purpose p WHERE p.slug IN ('email_marketing', 'news')"
            " ORDER BY c.id RETURNING id, contact_id, purpose_id, at)"
            " INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id) SELECT contact_id, purpose_id, contact_id %% 50 <> 0, at, id FROM said",
            [NOW - timedelta(days=9)],
        )


def propose(touches: int) -> None:
    """Open touches, up to four a person, and what everybody got lately."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journeys_touch, journeys_enrollment, orchestrator_verdict CASCADE")
        cursor.execute(
            "INSERT INTO journeys_enrollment (contact_id, journey_id, version_id, key, arm, step_id, seq, entered_at, arrived_at, due_at, left_at, reason, outcome, evidence)"
            " SELECT c.id, j.id, j.live_version_id, 'k' || (row_number() OVER (ORDER BY c.id, j.id)), '', s.id, 1, %(now)s, %(now)s, NULL, NULL, '', '', '{}'"
            " FROM contacts_contact c JOIN journeys_journey j ON j.slug = ANY (CASE WHEN c.id %% 4 = 0 THEN ARRAY['j0','j1','j2','j3'] WHEN c.id %% 4 = 1 THEN ARRAY['j1','j2'] ELSE ARRAY['j2'] END)"
            " JOIN journeys_step s ON s.version_id = j.live_version_id AND s.key = 'end' ORDER BY c.id, j.id LIMIT %(n)s",
            {"now": NOW, "n": touches},
        )
        cursor.execute(
            "INSERT INTO journeys_touch (enrollment_id, step_id, visit, contact_id, journey_id, block_id, channel, purpose, state, reason,"
            " proposed_at, expires_at, hold_until, address, language, subject, decided_at)"
            " SELECT e.id, s.id, v, e.contact_id, e.journey_id, (SELECT max(id) FROM journeys_block), 'email',"
            " CASE WHEN e.id %% 2 = 0 THEN 'news' ELSE 'email_marketing' END, CASE v WHEN 0 THEN 'proposed' ELSE 'sent' END, '', %(now)s, %(now)s::timestamptz + interval '3 days', %(now)s,"
            " '', '', '', CASE v WHEN 1 THEN %(now)s::timestamptz - interval '2 days' END"
            " FROM generate_series(0, 1) v, journeys_enrollment e JOIN journeys_step s ON s.version_id = e.version_id AND s.key = 'mail'"
            " WHERE v = 0 OR e.contact_id %% 3 = 0 ORDER BY v DESC, e.id",
            {"now": NOW},
        )


def analyze() -> None:
    with connection.cursor() as cursor:
        for table in (
            "contacts_contact",
            "consent_state",
            "journeys_enrollment",
            "journeys_touch",
            "orchestrator_verdict",
        ):
            cursor.execute(f"VACUUM ANALYZE {table}")


def decide() -> int:
    """All of them, as the tick does. Returns how many verdicts there were."""
    return sum(decide_all(now=NOW, scope=EVERYBODY, batch=BATCH).values())


def loop_over(people: list[int]) -> int:
    """What a per-contact engine does: lock a person, read consent and what they got, decide each touch, save."""
    limits, parents = list(Limit.objects.filter(active=True)), dict(Purpose.objects.values_list("slug", "parent__slug"))
    n = 0
    for contact in people:
        with transaction.atomic():
            Contact.objects.select_for_update().get(pk=contact)
            open_ones = Touch.objects.filter(
                contact_id=contact, state__in=Touch.OPEN, hold_until__lte=NOW
            ).select_related("journey")
            for touch in sorted(open_ones, key=lambda t: (-t.journey.priority * t.journey.value, t.pk)):
                reason = _judge(touch, limits, parents)
                touch.state, touch.reason, touch.decided_at, touch.hold_until = (
                    ("suppressed" if reason else "approved"),
                    reason,
                    NOW,
                    None,
                )
                touch.save()
                Verdict.objects.create(
                    touch=touch, contact_id=contact, outcome=touch.state, reason=reason, gates={"by": "hand"}, at=NOW
                )
                n += 1
    return n


def _judge(touch: Touch, limits: list[Limit], parents: dict[str, str | None]) -> str:
    asked = [slug for slug in (touch.purpose, parents[touch.purpose]) if slug]
    if State.objects.filter(contact_id=touch.contact_id, purpose__slug__in=asked, granted=True).count() < len(asked):
        return "no_consent"
    counted = Touch.objects.filter(contact_id=touch.contact_id, state__in=Touch.COUNTED)
    for limit in limits:
        if limit.purpose in ("", *asked):
            used = counted.filter(decided_at__gt=NOW - limit.window)
            if (used.filter(purpose=limit.purpose) if limit.purpose else used).count() >= limit.most:
                return f"cap_{limit.slug}"
    return ""


def outcomes() -> dict[str, int]:
    """Count verdicts by outcome and reason."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outcome || ' ' || reason, count(*) FROM orchestrator_verdict GROUP BY 1 ORDER BY 2 DESC")
        return dict(cursor.fetchall())


def _idle(report: Callable[..., None]) -> None:
    """A beat over a million people with nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journeys_touch, journeys_enrollment, orchestrator_verdict, contacts_news CASCADE")
        cursor.execute(
            "INSERT INTO contacts_contact (external_id, email, phone, first_name, last_name, language, country, time_zone, job_title, attributes, created_at, updated_at)"
            " SELECT 'q' || n, 'q' || n || '@p.example', '', '', '', 'de', 'DE', 'Europe/Berlin', '', '{}', %s, %s FROM generate_series(1, %s) n",
            [NOW, NOW, MILLION - Contact.objects.count()],
        )
    analyze()
    assert Journey.objects.filter(state="live").count() == 4
    times = []
    for _ in range(5):
        started = time.perf_counter()
        loop.beat(now=NOW + timedelta(minutes=1))
        times.append(time.perf_counter() - started)
    report(
        case="arbiter: a beat over 1,000,000 people without work (wanted: 200)",
        figure=sorted(times)[2] * 1000,
        unit="ms",
        baseline="",
        ratio=None,
    )
