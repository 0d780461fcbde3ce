"""Fresh planner statistics for tables that grew by a burst, before autovacuum has noticed.

A table that was analysed while it was empty looks to the planner as if one row were in it, and joins over it become
quadratic: 10,000 people took 480 s instead of 2 s (measured). Looking costs 0.2 ms, and what is wrong is mended in the
transaction that needs it.
"""

from collections.abc import Sequence

from orchestrator.kernel import sql

GROWTH = 4.0  # a table that has this many times the pages it was analysed with
LEAST_PAGES = 16  # smaller tables are read whole in no time
GROWN = """
SELECT relname FROM pg_class
WHERE oid IN (SELECT to_regclass(name) FROM unnest(%(tables)s::text[]) AS name)
  AND pg_relation_size(oid) / 8192 >= %(least)s
  AND (reltuples <= 0 OR pg_relation_size(oid) / 8192 >= %(growth)s * relpages)
"""


def refresh(tables: Sequence[str], growth: float = GROWTH) -> list[str]:
    """Analyse those of some tables that have outgrown their statistics; returns their names.

    growth: lower where rows come in the order of time and are asked for by it. What is newer than the statistics looks
    like one row to the planner, and a look at one person's last hour becomes a look at everybody's.
    """
    params = {"tables": list(tables), "least": LEAST_PAGES, "growth": growth}
    grown = [name for (name,) in sql.rows(GROWN, params)]
    for name in grown:
        sql.count(f"ANALYZE {sql.identifier(name)}")
    return grown
