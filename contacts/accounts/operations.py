"""Companies come in by their external id."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import transaction

from orchestrator.kernel import sql


class NewAccount(NamedTuple):
    """What somebody says about a company; None leaves a field as it is."""

    external_id: str
    name: str | None = None
    domain: str | None = None
    industry: str | None = None
    country: str | None = None


@transaction.atomic
def upsert_accounts(*, accounts: Sequence[NewAccount], now: datetime) -> dict[str, int]:
    """Make or change companies. Returns their ids by external id; of two with the same one the last counts.

    A new company that nobody named is called by its external id.
    """
    if not accounts:
        return {}
    last = {account.external_id: account for account in accounts}
    body = msgspec.json.encode([account._asdict() for account in last.values()]).decode()
    sql.count(sql.statement("contacts/accounts/sql/upsert.sql"), {"accounts": body, "now": now})
    found = sql.rows(
        "SELECT external_id, id FROM contacts_account WHERE external_id = ANY(%(ids)s)", {"ids": list(last)}
    )
    return dict(found)
