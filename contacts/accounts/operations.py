"""Companies come in by their external id."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import transaction

from orchestrator.kernel import doorbell, sql

NEWS = "account"  # a company was closed or opened again: news of everybody who works for it


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


@transaction.atomic
def close_accounts(*, account_ids: Sequence[int], now: datetime) -> int:
    """Close companies: their people leave every journey. Returns how many were open."""
    return _set_closed(account_ids, now, now)


@transaction.atomic
def reopen_accounts(*, account_ids: Sequence[int], now: datetime) -> int:
    """Open closed companies again; nobody comes back into a journey by it. Returns how many were closed."""
    return _set_closed(account_ids, None, now)


def _set_closed(account_ids: Sequence[int], closed_at: datetime | None, now: datetime) -> int:
    given = {"accounts": list(account_ids), "closed_at": closed_at, "news": NEWS, "now": now}
    ((changed,),) = sql.rows(sql.statement("contacts/accounts/sql/set_closed.sql"), given)
    if changed:
        doorbell.ring()
    return int(changed)
