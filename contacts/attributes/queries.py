"""Reads of the team's attributes."""

from typing import Any, NamedTuple

from contacts.attributes.models import Attribute


class Definition(NamedTuple):
    """What is known of one attribute. choices: [{"value", "en", "de"}]; source: who delivers it, empty for anybody."""

    key: str
    kind: str
    choices: tuple[dict[str, Any], ...]
    name_en: str
    name_de: str
    source: str
    sensitive: bool
    keep_days: int | None
    state: str

    @property
    def active(self) -> bool:
        """Whether values are kept; those of an ignored key are dropped on arrival."""
        return self.state == Attribute.State.ACTIVE


_COLUMNS = ("key", "kind", "choices", "name_en", "name_de", "source", "sensitive", "keep_days", "state")


def definitions() -> dict[str, Definition]:
    """Read every definition by its key, the ignored ones too, in one statement."""
    found = Attribute.objects.order_by("key").values_list(*_COLUMNS)
    return {row[0]: Definition(row[0], row[1], tuple(row[2]), *row[3:]) for row in found}
