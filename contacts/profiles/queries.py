"""Reads about all people at once."""

from orchestrator.kernel import sql

ZONES = """
WITH RECURSIVE zone (name) AS (
    (SELECT time_zone FROM contacts_contact ORDER BY time_zone LIMIT 1)
    UNION ALL
    SELECT (SELECT c.time_zone FROM contacts_contact c WHERE c.time_zone > zone.name ORDER BY c.time_zone LIMIT 1)
    FROM zone WHERE zone.name IS NOT NULL
)
SELECT name FROM zone WHERE name IS NOT NULL
"""  # jumps from zone to zone along the index contact_time_zone: a few rows read, however many contacts


def zones_in_use() -> list[str]:
    """Every time zone that some contact has."""
    return [name for (name,) in sql.rows(ZONES)]
