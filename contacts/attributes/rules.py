"""Types of attributes: their names, and what a value of each looks like."""

from enum import StrEnum


class Kind(StrEnum):
    """The type of an attribute's values."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    YES_NO = "yes_no"
    DATE = "date"  # an ISO day, "2026-03-01"
    INSTANT = "instant"  # an ISO instant with its offset
    CHOICE = "choice"
    LIST = "list"  # of texts


KIND_NAMES = {
    Kind.TEXT: {"en": "text", "de": "Text"},
    Kind.NUMBER: {"en": "number", "de": "Zahl"},
    Kind.WHOLE: {"en": "whole number", "de": "ganze Zahl"},
    Kind.YES_NO: {"en": "yes or no", "de": "ja oder nein"},
    Kind.DATE: {"en": "date", "de": "Datum"},
    Kind.INSTANT: {"en": "instant", "de": "Zeitpunkt"},
    Kind.CHOICE: {"en": "choice", "de": "Auswahl"},
    Kind.LIST: {"en": "list", "de": "Liste"},
}
