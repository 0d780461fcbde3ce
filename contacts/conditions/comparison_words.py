"""Comparisons as parts of a sentence, in English and German."""

from typing import Any

from contacts.conditions.operands import RUN_KEY, operator_of
from contacts.conditions.rules import UNIT_NAMES, say_duration

WORDS = {
    "en": {
        "is": "is",
        "is_not": "is not",
        "in": "is",
        "or": "or",
        "lt": "is less than",
        "lte": "is at most",
        "gt": "is more than",
        "gte": "is at least",
        "between": "is between",
        "contains": "contains",
        "starts_with": "starts with",
        "before": "is before",
        "after": "is after",
        "and": "and",
        "set": "is known",
        "unset": "is not known",
        "run": "that of this run",
        "yes": "yes",
        "no": "no",
    },
    "de": {
        "is": "ist",
        "is_not": "ist nicht",
        "in": "ist",
        "or": "oder",
        "lt": "ist kleiner als",
        "lte": "ist höchstens",
        "gt": "ist größer als",
        "gte": "ist mindestens",
        "between": "liegt zwischen",
        "contains": "enthält",
        "starts_with": "beginnt mit",
        "before": "liegt vor",
        "after": "liegt nach",
        "and": "und",
        "set": "ist bekannt",
        "unset": "ist nicht bekannt",
        "run": "wie in diesem Durchlauf",
        "yes": "ja",
        "no": "nein",
    },
}
NOT_WORDS = {  # the other comparisons say their opposite with the words of another one
    "en": {
        "in": "is not",
        "between": "is not between",
        "contains": "does not contain",
        "starts_with": "does not start with",
        "before": "is not before",
        "after": "is not after",
    },
    "de": {
        "in": "ist nicht",
        "between": "liegt nicht zwischen",
        "contains": "enthält nicht",
        "starts_with": "beginnt nicht mit",
        "before": "liegt nicht vor",
        "after": "liegt nicht nach",
    },
}
OPPOSITES = {"is": "is_not", "is_not": "is", "lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}
BRIEF = {"is": "=", "is_not": "≠", "in": "=", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}
BRIEF_BETWEEN = {"en": "{} from {} to {}", "de": "{} von {} bis {}"}
AROUND = {
    "en": {
        None: "is at most {} away from today",
        "next": "is today or within the next {}",
        "last": "is today or was within the last {}",
    },
    "de": {
        None: "liegt höchstens {} um heute",
        "next": "ist heute oder in den nächsten {}",
        "last": "ist heute oder war in den letzten {}",
    },
}
TODAY = {"en": ("is today", "is not today"), "de": ("ist heute", "ist nicht heute")}
NEIGHBOUR = {
    "en": {"next": "is today or tomorrow", "last": "is today or was yesterday"},
    "de": {"next": "ist heute oder morgen", "last": "ist heute oder war gestern"},
}
NOT_AROUND = {"en": "not: {}", "de": "nicht: {}"}
YEARLY = {"en": " (every year)", "de": " (jedes Jahr)"}
FROM_TODAY = {  # before and after a day so long ago, or so far ahead; and the opposite
    "en": {
        "before-": ("is more than {} ago", "is not more than {} ago"),
        "after-": ("is less than {} ago", "is not less than {} ago"),
        "before+": ("is sooner than {} from now", "is not sooner than {} from now"),
        "after+": ("is later than {} from now", "is not later than {} from now"),
    },
    "de": {
        "before-": ("liegt mehr als {} zurück", "liegt nicht mehr als {} zurück"),
        "after-": ("liegt weniger als {} zurück", "liegt nicht weniger als {} zurück"),
        "before+": ("liegt früher als in {}", "liegt nicht früher als in {}"),
        "after+": ("liegt später als in {}", "liegt nicht später als in {}"),
    },
}


def say_comparison(node: dict[str, Any], language: str) -> str:
    """A comparison as a part of a sentence: `is DE or AT`."""
    words = WORDS[language]
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        return words["set"] if given else words["unset"]
    if operator == "within":
        return _say_around(given, language)
    if _is_from_today(operator, given):
        return _say_from_today(operator, given, language, 0)
    return _joined(words[operator], operator, given, language)


def say_comparison_not(node: dict[str, Any], language: str) -> str:
    """The opposite of a comparison as a part of a sentence: `is not DE or AT`."""
    operator = operator_of(node) or ""
    given = node[operator]
    if operator == "is_set":
        return say_comparison({"is_set": not given}, language)
    if operator in OPPOSITES:
        return say_comparison({OPPOSITES[operator]: given}, language)
    if operator == "within":
        if given["days"] == 0:
            return TODAY[language][1] + (YEARLY[language] if given.get("yearly") else "")
        return NOT_AROUND[language].format(_say_around(given, language))
    if _is_from_today(operator, given):
        return _say_from_today(operator, given, language, 1)
    return _joined(NOT_WORDS[language][operator], operator, given, language)


def _joined(verb: str, operator: str, given: Any, language: str) -> str:
    words = WORDS[language]
    if operator == "between":
        return f"{verb} {say_value(given[0], language)} {words['and']} {say_value(given[1], language)}"
    if operator in ("before", "after"):
        return f"{verb} {_say_day(given, language)}"
    return f"{verb} {say_value(given, language)}"


def say_brief(name: str, node: dict[str, Any], language: str) -> str:
    """A comparison in a subordinate place, where a verb would not fit: `value ≥ 20`."""
    operator = operator_of(node) or ""
    given = node[operator]
    if given == RUN_KEY:
        if operator == "is_not":
            return {"en": "another {} than of this run", "de": "anderer {} als in diesem Durchlauf"}[language].format(
                name
            )
        return {"en": "the {} of this run", "de": "{} wie in diesem Durchlauf"}[language].format(name)
    if operator in BRIEF:
        return f"{name} {BRIEF[operator]} {say_value(given, language)}"
    if operator == "between":
        return BRIEF_BETWEEN[language].format(name, say_value(given[0], language), say_value(given[1], language))
    return f"{name} {say_comparison(node, language)}"


def say_value(given: Any, language: str) -> str:
    """A value as people write it: yes, no, `DE, AT or CH`, numbers with the comma of the language."""
    words = WORDS[language]
    if given == RUN_KEY:
        return words["run"]
    if isinstance(given, bool):
        return words["yes"] if given else words["no"]
    if isinstance(given, list):
        said = [say_value(one, language) for one in given]
        return f" {words['or']} ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    if isinstance(given, float):
        text = f"{given:.10f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if language == "de" else text
    return str(given)


def _is_from_today(operator: str, given: Any) -> bool:
    return operator in ("before", "after") and given[:1] in ("+", "-")


def _say_from_today(operator: str, given: str, language: str, way: int) -> str:
    words = FROM_TODAY[language][operator + given[0]][way]
    return words.format(say_duration(given[1:], language, dative=given[0] == "+"))


def _say_day(given: str, language: str) -> str:
    year, month, day = given.split("-")
    return f"{int(day)}.{int(month)}.{year}" if language == "de" else given


def _say_around(given: dict[str, Any], language: str) -> str:
    yearly = YEARLY[language] if given.get("yearly") else ""
    if given["days"] == 0:
        return TODAY[language][0] + yearly
    direction = given.get("direction")
    if given["days"] == 1 and direction:
        return NEIGHBOUR[language][direction] + yearly
    one, many = UNIT_NAMES[language]["d"]
    dative = "n" if language == "de" and direction else ""
    days = f"1 {one}" if given["days"] == 1 else f"{given['days']} {many}{dative}"
    return AROUND[language][direction].format(days) + yearly
