"""What becomes of values that arrive: kept, kept apart with a warning, or dropped because somebody decided so."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from contacts.attributes.queries import Definition
from contacts.attributes.rules import CONTROL, MAX_KEY, UNSAFE, typed
from contacts.attributes.special import CATEGORY_NAMES, special_of

MOST_SUGGESTIONS = 20  # keys of one call that get one: comparing names is slow, and a broken client may send thousands
LIKENESS = 0.75


class Apart(NamedTuple):
    """A value that is not taken over. stored False: only that the key came is noted; gone: the person has none any more."""

    value: Any = None
    stored: bool = True
    gone: bool = False


class Sorted(NamedTuple):
    """What one person's values come to. kept: None takes a value away. warnings: key and message."""

    kept: dict[str, Any]
    apart: dict[str, Apart]
    warnings: list[tuple[str, str]]


class Arrival:
    """Sorts the values of one call, which all come from one source."""

    def __init__(self, known: Mapping[str, Definition], source: str) -> None:
        self.known, self.source = known, source
        self.names = [key for key, definition in known.items() if definition.active]
        self.unknown: dict[str, str] = {}

    def sort(self, attributes: Mapping[str, Any]) -> Sorted:
        """Say what becomes of each value."""
        found = Sorted({}, {}, [])
        for key, value in attributes.items():
            definition = self.known.get(key)
            if value is None:
                if definition is not None and definition.active:
                    found.kept[key] = None
                found.apart[key] = Apart(gone=True)
            elif definition is None:
                self._unknown(key, value, found)
            elif not definition.active:
                found.warnings.append((key, "ignored by the team: not kept"))
            elif definition.source not in ("", self.source):
                found.apart[key] = Apart(value)
                found.warnings.append((key, f"comes from {definition.source} only: kept apart"))
            else:
                try:
                    found.kept[key] = typed(definition.kind, value, definition.choices)
                except ValueError as error:
                    self._put_apart(key, value, f"{error}: kept apart", found)
        return found

    def _unknown(self, key: str, value: Any, found: Sorted) -> None:
        if not 1 <= len(key) <= MAX_KEY or CONTROL.search(key):
            found.warnings.append((key[:50], f"expected a name of 1 to {MAX_KEY} characters: not kept"))
        elif special := special_of(key):
            # data that nobody may keep without a decision is not kept to wait for one
            found.apart[key] = Apart(stored=False)
            said = f"not defined, and names {CATEGORY_NAMES[special]['en']}: only the name is kept"
            found.warnings.append((key, said))
        else:
            self._put_apart(key, value, self._said(key), found)

    def _put_apart(self, key: str, value: Any, said: str, found: Sorted) -> None:
        if isinstance(value, str) and UNSAFE.search(value):
            said = "expected text without NUL and without halves of surrogate pairs: not kept"
        else:
            found.apart[key] = Apart(value)
        found.warnings.append((key, said))

    def _said(self, key: str) -> str:
        """The warning about a key without a definition, worked out once a call."""
        if key not in self.unknown:
            near: list[str] = []
            if len(self.unknown) < MOST_SUGGESTIONS:
                by_word = {name.casefold(): name for name in self.names}
                near = get_close_matches(key.casefold(), by_word, n=1, cutoff=LIKENESS)
                near = [by_word[word] for word in near]
            self.unknown[key] = (
                f'not defined (did you mean "{near[0]}"?): kept apart' if near else "not defined: kept apart"
            )
        return self.unknown[key]
