"""Makes two people of one again: the merged one comes back under the old id, with every row that a merge had moved."""

from datetime import datetime

from contacts.identity.models import Merge
from contacts.identity.registry import Pair, movers
from orchestrator.kernel import doorbell, sql

# what a merged person belonged to may be gone by now
LOST = {
    sql.identifier(column): f"(SELECT o.id FROM {sql.identifier(table)} o WHERE o.id = old.{sql.identifier(column)})"
    for column, table in (("account_id", "contacts_account"), ("stage_id", "contacts_stage"))
}


def split(merge: Merge, now: datetime) -> None:
    """Undo what a merge did. The caller holds the lock of the tick and has checked that it may be undone."""
    people = [merge.loser_id, merge.survivor_id]
    sql.rows("SELECT id FROM contacts_contact WHERE id = ANY (%s) ORDER BY id FOR UPDATE", [people])
    pair = Pair(merge.pk, merge.loser_id, merge.survivor_id)
    given = {**pair._asdict(), "now": now}
    columns: dict[str, list[str]] = dict(
        sql.rows(sql.statement("contacts/identity/sql/kept_columns.sql"), {"merge": merge.pk})
    )
    sql.rows(sql.statement("contacts/identity/sql/unfill.sql"), given)
    sql.rows(_filled("come_back", "contacts_contact", columns=columns.pop("contacts_contact")), given)
    registered = movers()
    own = {mover.table for mover in registered if mover.undo}
    by_table = {mover.table: mover.column for mover in registered}
    for table, kept in columns.items():
        if table in own:
            continue
        named = {**given, "name": table}
        if table in by_table:
            sql.rows(_filled("move_back", table, column=by_table[table]), named)
        sql.rows(_filled("clear_rows", table), named)
        if kept:
            sql.rows(_filled("put_back", table, columns=kept), named)
    for mover in registered:
        if mover.undo:
            mover.undo(pair, now)
    doorbell.ring()


def _filled(name: str, table: str, *, column: str = "", columns: list[str] | None = None) -> str:
    text = sql.statement(f"contacts/identity/sql/{name}.sql").replace("/*table*/", sql.identifier(table))
    if column:
        text = text.replace("/*column*/", sql.identifier(column))
    names = [sql.identifier(one) for one in columns or ()]
    text = text.replace("/*columns*/", ", ".join(names))
    return text.replace("/*values*/", ", ".join(LOST.get(one, f"old.{one}") for one in names))
