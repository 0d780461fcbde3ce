"""Counts, every night, what is bought together, and what people looked at and did not buy: four statements over everybody."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from consent.purposes.models import Purpose
from consent.records.queries import CONTACT, allowed
from contacts.profiles.models import Contact
from orchestrator.kernel import sql

SEEN_WITHIN, BOUGHT_WITHIN = timedelta(days=30), timedelta(days=365)
LEAST_TOGETHER = 3  # orders with both: fewer are chance
BEST = 10  # kept of each product
MOST_IN_ORDER = 50  # products: the orders of resellers say nothing, and count for thousands of pairs
MOST_OF_PERSON = 20


class Counted(NamedTuple):
    """What a night found: pairs, the orders they were counted in, and products that people looked at."""

    pairs: int
    baskets: int
    seen: int


@transaction.atomic
def count_products(*, now: datetime, least: int = LEAST_TOGETHER) -> Counted:
    """Count products anew, from the events of purchases and looks that the settings name.

    Only what people who agree to profiling did is counted. Whoever asks meanwhile reads what was counted before.
    """
    sql.make_room()
    seen, bought = list(settings.RECOMMEND_SEEN), list(settings.RECOMMEND_BOUGHT)
    given: dict[str, Any] = {"now": now, "zone": settings.TEAM_TIME_ZONE, "least": least, "best": BEST}
    since = now - BOUGHT_WITHIN
    room = "orchestrator/channels/slots/sql/"
    sql.count(sql.statement(room + "note_products.sql"), given | {"since": since, "names": seen + bought})
    sql.count("DELETE FROM orchestrator_productpair")
    pairs, baskets = _of_people(
        room + "count_pairs.sql", given | {"since": since, "names": bought, "most": MOST_IN_ORDER}
    )[0]
    sql.count("DELETE FROM orchestrator_seenproduct")
    spans = {"seen_since": now - SEEN_WITHIN, "bought_since": since, "most": MOST_OF_PERSON}
    found = _of_people(room + "note_seen.sql", given | spans | {"seen": seen, "bought": bought})
    return Counted(pairs, baskets, found[0][0])


def _of_people(path: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement with the people who agree to profiling put into it, by the rules that the arbiter follows."""
    people = sql.compiled(Contact.objects.filter(allowed(CONTACT, Purpose.PROFILING)).order_by().values("pk"))
    text = people.text
    for number in range(len(people.params)):
        text = text.replace("%s", f"%(allowed{number})s", 1)
    named = {f"allowed{number}": value for number, value in enumerate(people.params)}
    return sql.rows(sql.statement(path).replace("/*allowed*/", text), given | named)
