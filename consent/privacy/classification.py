"""What every column of ours is, and what an export, an erasure and the retention do with every table.

The YAML files in `tables/` say it, one entry a table:

activity   why we process it: a key of rules.ACTIVITIES, which names purpose, legal basis and receivers
person     how a row leads to a person: a column with the id of the contact; `x -> table`: through the row of another
           table; `@x`: a column with an address in lower case; `[]x`: cells of a row of a file; `#x`: a file; `admin:x`: the log of the
           administration. Several: any of them. Without it a row is about nobody.
erase      delete, or keep (with `why`; `blank` names the columns that are emptied)
export     why a table about people is not in an export; else it is
retention  a key of periods.CLASSES or OTHERS
columns    by class: none, identifies, contact, behaviour, content, proof, staff, other (about somebody else)
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent / "tables"
ABOUT_PERSON = ("identifies", "contact", "behaviour", "content", "proof")
NOT_EXPORTED = ("staff", "other")
DELETE, KEEP = "delete", "keep"


class Table(NamedTuple):
    """One table; columns: class by column."""

    name: str
    activity: str
    columns: dict[str, str]
    person: tuple[str, ...] = ()
    erase: str = ""
    blank: tuple[str, ...] = ()
    why: str = ""
    unexported: str = ""
    retention: str = ""

    @property
    def exported(self) -> list[str]:
        """The columns that a person gets; none where the table is not part of an export."""
        if not self.person or self.unexported:
            return []
        return [name for name, kind in self.columns.items() if kind not in NOT_EXPORTED]

    @property
    def personal(self) -> list[str]:
        """The columns with data about the person."""
        return [name for name, kind in self.columns.items() if kind in ABOUT_PERSON]


@cache
def tables() -> dict[str, Table]:
    """Read the classification of every table."""
    found: dict[str, Table] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, said in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[name] = _table(name, said)
    return found


def _table(name: str, said: dict[str, Any]) -> Table:
    person = said.get("person", [])
    kinds = said.get("columns", {})
    return Table(
        name=name,
        activity=said["activity"],
        columns={column: kind for kind, columns in kinds.items() for column in columns},
        person=(person,) if isinstance(person, str) else tuple(person),
        erase=said.get("erase", ""),
        blank=tuple(said.get("blank", ())),
        why=said.get("why", ""),
        unexported=said.get("export", ""),
        retention=said.get("retention", ""),
    )


def of_people() -> list[Table]:
    """The tables with rows about people: those that are found through others come first, the people themselves last."""
    found = [table for table in tables().values() if table.person]
    return sorted(found, key=lambda table: (not _depends(table), table.name == "contacts_contact", table.name))


def _depends(table: Table) -> bool:
    return any("->" in way or way.startswith("#") for way in table.person)
