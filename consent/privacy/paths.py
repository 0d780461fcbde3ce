"""How a row leads to a person, as a part of a statement."""

from typing import NamedTuple

from consent.privacy.classification import Table, tables
from orchestrator.kernel import sql

IDS, ADDRESSES = "%(ids)s::bigint[]", "%(addresses)s::text[]"


class Whose(NamedTuple):
    """Two arrays as text of SQL: the ids of contacts, and their addresses in lower case."""

    ids: str = IDS
    addresses: str = ADDRESSES


ONE = Whose()


def condition(table: Table, whose: Whose = ONE, alias: str = "t") -> str:
    """Say in SQL whether a row of the table, under an alias, belongs to somebody."""
    return "(" + " OR ".join(_way(way, whose, alias) for way in table.person) + ")"


def _way(way: str, whose: Whose, alias: str) -> str:
    if "->" in way:
        column, parent = (part.strip() for part in way.split("->"))
        inside = condition(tables()[parent], whose, alias + "p")
        return f"{alias}.{_name(column)} IN (SELECT {alias}p.id FROM {_name(parent)} {alias}p WHERE {inside})"
    if way.startswith("@"):
        return f"{alias}.{_name(way[1:])} = ANY ({whose.addresses})"  # kept in lower case, so that an index finds it
    if way.startswith("[]"):
        cells = f"SELECT FROM jsonb_array_elements_text({alias}.{_name(way[2:])}) cell"
        said = f"lower(btrim({alias}.message)) = ANY ({whose.addresses})"
        return f"({said} OR EXISTS ({cells} WHERE lower(btrim(cell)) = ANY ({whose.addresses})))"
    if way.startswith("#"):
        return _file(f"{alias}.{_name(way[1:])}", whose, alias)
    if way.startswith("admin:"):
        people = "SELECT id FROM django_content_type WHERE app_label = 'contacts' AND model = 'contact'"
        return f"({alias}.{_name(way[6:])} = ANY (({whose.ids})::text[]) AND {alias}.content_type_id IN ({people}))"
    return f"{alias}.{_name(way)} = ANY ({whose.ids})"


def _file(content: str, whose: Whose, alias: str) -> str:
    """A part of a file that is through: it has an address in it (also in UTF-16), it changed the person, or it is packed."""
    text = f"lower(encode({content}, 'escape'))"
    wide = r"regexp_replace(address, '(.)', '\1\\000', 'g')"
    inside = f"EXISTS (SELECT FROM unnest({whose.addresses}) address WHERE strpos({text}, address) > 0 OR strpos({text}, {wide}) > 0)"
    changed = f"{alias}.job_id IN (SELECT job_id FROM contacts_importchange WHERE contact_id = ANY ({whose.ids}))"
    through = "SELECT id FROM contacts_import WHERE state IN ('done', 'failed', 'undone', 'uploaded'){packed}"
    packed = through.format(packed=" AND format ->> 'kind' = 'xlsx'")
    return (
        f"({alias}.job_id IN ({through.format(packed='')}) AND ({alias}.job_id IN ({packed}) OR {inside} OR {changed}))"
    )


def _name(name: str) -> str:
    return sql.identifier(name)
