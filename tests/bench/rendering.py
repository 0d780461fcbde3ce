"""Mails filled a second: in the child with its limits, against the same work in this process without any."""

import time
from collections.abc import Callable

from journeys.content import mail
from journeys.content.rendering import Job, Mail, render_many

MAILS = 5_000
BODY = """
<mj-text><h1>Hello {{ contact.first_name | default: "there" }}</h1><p>{{ journey.name }}: your cart {{ run.key }} waits.</p></mj-text>
{% if contact.attributes.vip %}<mj-text>As a member you have free shipping.</mj-text>{% endif %}
<mj-table>{% for line in run.evidence.lines %}<tr><td>{{ line.name }}</td><td>{{ line.price | money: "EUR" }}</td></tr>{% endfor %}</mj-table>
<mj-button href="{{ shop_url }}/cart?id={{ run.key | url_encode }}">To the cart</mj-button>
<mj-text><a href="{{ shop_url }}/help">Help</a> until {{ "2026-03-02" | date: "long" }}</mj-text>
"""
FRAME = {
    "language": "en",
    "sender": "Nordlicht",
    "why": "Because you agreed.",
    "unsubscribe_url": "https://n.example/u/1/",
    "unsubscribe_label": "Unsubscribe",
    "imprint": ["Nordlicht GmbH", "Flensburg"],
}
LINES = [{"name": "Lamp", "price": 10}, {"name": "Bulb", "price": "2.5"}]


def run(report: Callable[..., None]) -> None:
    """Fill the same mail for many people, with its links rewritten."""
    jobs = [_job(n) for n in range(MAILS)]
    render_many(jobs[:50])
    here = _seconds(lambda: [Mail(*mail.render(mail.compiled(*j.sources), j.context)).page(_short) for j in jobs])
    child = _seconds(lambda: [made.page(_short) for made in render_many(jobs) if isinstance(made, Mail)])
    report(
        case="mails filled in a child with limits",
        figure=MAILS / child,
        unit="/s",
        baseline=f"{MAILS / here:,.0f}/s in this process without limits; wanted 1,000",
        ratio=here / child,
    )


def _job(n: int) -> Job:
    contact = {"first_name": f"Anna {n}", "attributes": {"vip": n % 2 == 0}}
    values = {"contact": contact, "run": {"key": f"c{n}", "evidence": {"lines": LINES}}, "journey": {"name": "Cart"}}
    return Job(
        "mail", ("Hi {{ contact.first_name }}", "", BODY), {**values, "shop_url": "https://s.example", "mail": FRAME}
    )


def _short(url: str) -> str:
    return "https://t.example/c/1"


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
