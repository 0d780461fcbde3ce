"""Changes the attributes of many people at once, for a journey: values, the moment itself, tags."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestrator.kernel import doorbell, sql

TAGS = "tags"  # the list attribute that holds the tags of a person


@sql.joined
def change_attributes(
    *,
    contact_ids: Sequence[int],
    values: Mapping[str, Any],
    now: datetime,
    instants: Sequence[str] = (),
    days: Sequence[str] = (),
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> int:
    """Set attributes of people in one statement; None takes one away. Returns for how many people something changed.

    instants, days: keys that become now, or the day of now where the person lives. Who changes is news for the pulse;
    who has all of it already is not touched.
    """
    given = {
        "contacts": list(contact_ids),
        "changes": json.dumps({key: value for key, value in values.items() if value is not None}),
        "gone": [key for key, value in values.items() if value is None],
        "instants": list(instants),
        "days": list(days),
        "tags": TAGS,
        "added": list(add_tags),
        "removed": list(remove_tags),
        "now": now,
    }
    changed = sql.count(sql.statement("contacts/profiles/sql/change.sql"), given)
    if changed:
        doorbell.ring()
    return changed
