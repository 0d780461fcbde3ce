"""What can be wrong with the chain of records, and the sentences for it."""

from datetime import datetime
from typing import NamedTuple

MOST_NAMED = 100  # of the broken records a report names so many
SEALED_AT_ONCE = 100_000  # records in one seal

# kinds of faults, with a sentence each
FAULTS = {
    "changed": {"en": "was changed after it was written", "de": "wurde nachträglich geändert"},
    "gap": {"en": "follows a record that was removed", "de": "folgt auf einen Nachweis, der entfernt wurde"},
    "unchained": {"en": "was put in past the product", "de": "wurde am Produkt vorbei eingefügt"},
    "lost": {"en": "was removed, although it still holds", "de": "wurde entfernt, obwohl er noch gilt"},
    "missing": {
        "en": "records were removed since they were sealed",
        "de": "Nachweise wurden nach dem Versiegeln entfernt",
    },
    "added": {"en": "records were put in behind the seal", "de": "Nachweise wurden hinter dem Siegel eingefügt"},
    "replaced": {"en": "records are others than were sealed", "de": "Nachweise sind andere, als versiegelt wurden"},
    "seal": {"en": "the seal itself was changed or removed", "de": "das Siegel selbst wurde geändert oder entfernt"},
}


class Fault(NamedTuple):
    """One thing that is not as it was: a record, or a range of them (record 0, the range in `after` and `up_to`)."""

    kind: str
    record: int = 0
    contact: int = 0
    purpose: str = ""
    decision: str = ""
    at: datetime | None = None
    after: int = 0
    up_to: int = 0
    many: int = 1


class Report(NamedTuple):
    """What a look at all records found. erased: proofs that are gone by law; removed: records that are.

    broken: how many faults there are, of which `faults` names the first.
    """

    records: int
    broken: int
    faults: list[Fault]
    erased: int
    removed: int
    sealed_up_to: int
    sealed_at: datetime | None
    seal: str

    @property
    def sound(self) -> bool:
        """Whether all is as it was."""
        return not self.broken


def say_fault(kind: str, language: str) -> str:
    """Say what is wrong."""
    return FAULTS[kind][language]


def range_fault(sealed: int, records: int) -> str:
    """Name what is wrong with a range whose seal does not fit."""
    return "missing" if records < sealed else "added" if records > sealed else "replaced"


class Rule(NamedTuple):
    """What a purpose asks for, as the rules need it."""

    active: bool
    enforcement: str
    existing_customer: bool


class Word(NamedTuple):
    """What a person said about a purpose, as the rules need it. decision: of the record that holds."""

    granted: bool
    basis: str
    decision: str


def refusal(rule: Rule | None, word: Word | None, *, restricted: bool, above: str = "") -> str:
    """Say why a person may not be used for a purpose now; empty when they may.

    above: why not for the purpose of which this one is a topic. As `consent.records.permission` has it for many.
    """
    if rule is None or not rule.active:
        return "no_consent"
    if rule.enforcement == "none":
        return above
    if restricted:
        return "restricted"
    if rule.enforcement == "opt_out":
        return "unsubscribed" if word and not word.granted else above
    if word and word.granted and (word.basis == "consent" or rule.existing_customer):
        return above
    return "unsubscribed" if word and word.decision == "withdrawn" else "no_consent"
