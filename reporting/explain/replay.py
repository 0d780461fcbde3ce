"""Decides again from what a verdict has stored: the gates in their order, each a test on its own values, pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

Facts = Mapping[str, Any]
Test = Callable[[Facts, datetime], bool]
LIFTED_BY_CONTRACT = ("complained", "objected")  # suppressions that do not stop what a contract needs
CAP = "cap_"


class Rule(NamedTuple):
    """One test of a gate. key: of the stored values. marketing: it does not concern messages that a contract needs."""

    key: str
    holds: Test  # true: this stops the message
    reason: str
    marketing: bool = False


class Incomplete(Exception):
    """The verdict has not stored all that its gates saw: it is older than the gates, or not the arbiter's."""


class UnknownReason(Exception):
    """A verdict has a reason that no rule here gives: a gate was added to decide.sql and not to RULES."""


def replayed(gates: Facts, at: datetime) -> str:
    """Give the reason again that the stored values lead to, empty for approved.

    gates: as stored, at: the verdict's time. Raises Incomplete.
    """
    _check(gates)
    reason = next((rule.reason for rule in RULES if stops(rule, gates, at)), "")
    return reason or _by_limit(gates["caps"])


def stopping(gates: Facts, at: datetime) -> list[str]:
    """Every reason against the message, the deciding one first: what would stop it next if that one fell away.

    Limits are asked only when nothing else stands against a message. Raises Incomplete.
    """
    _check(gates)
    found = [rule.reason for rule in RULES if stops(rule, gates, at)]
    limit = _by_limit(gates["caps"])
    return found + ([limit] if limit else [])


def stops(rule: Rule, gates: Facts, at: datetime) -> bool:
    """Whether one rule stands against a message."""
    if rule.marketing and not _needed(gates):
        return False
    return rule.key in gates and rule.holds(gates, at)


def known(reason: str) -> str:
    """Give a reason back. Raises UnknownReason."""
    if reason and reason not in REASONS and not reason.startswith(CAP):
        raise UnknownReason(reason)
    return reason


def deciding_limit(caps: Sequence[Facts] | None) -> Facts | None:
    """The limit that speaks for all that are full: one that drops before one that tries the next channel, then what frees last."""
    if not caps:
        return None
    unending = datetime.max.replace(tzinfo=UTC)

    def weight(cap: Facts) -> tuple[bool, bool, bool, datetime]:
        free = moment(cap.get("free_at")) or unending
        return cap["used"] >= cap["most"], cap["overflow"] == "drop", cap["overflow"] == "next", free

    heaviest = max(weight(cap) for cap in caps)
    return min((cap for cap in caps if weight(cap) == heaviest), key=lambda cap: str(cap["limit"]))


def moment(text: str | None) -> datetime | None:
    """Read an instant as Postgres writes it into JSON."""
    return datetime.fromisoformat(text) if text else None


def _check(gates: Facts) -> None:
    if "moment" in gates:
        raise Incomplete("given while claiming")
    if missing := {rule.key for rule in RULES if rule.key != "offer"} - set(gates) | {"caps"} - set(gates):
        raise Incomplete(", ".join(sorted(missing)))
    if "against" not in gates["consent"] or "merged" not in gates["journey"]:
        raise Incomplete("consent, journey")
    if any("overflow" not in cap for cap in gates["caps"]):
        raise Incomplete("caps")


def _needed(gates: Facts) -> bool:
    return gates["consent"].get("needed") is not False


def _by_limit(caps: Any) -> str:
    limit = deciding_limit(caps)
    if limit is None:
        return ""
    if limit["used"] < limit["most"]:
        return "slot_reserved"
    if limit["at_now"] and limit["overflow"] == "hold":
        return "outranked"
    return f"{CAP}{limit['limit']}"


def _left(gates: Facts, _at: datetime) -> bool:
    journey = gates["journey"]
    gone = bool(journey.get("left")) and journey["left"] not in ("completed", "moved_version")
    return gone or journey.get("state") == "archived"


def _expired(gates: Facts, at: datetime) -> bool:
    until = moment(gates["journey"].get("expires_at"))
    return until is not None and until <= at


def _suppressed(gates: Facts, _at: datetime) -> bool:
    why = gates["address"].get("suppression")
    return bool(why) and (_needed(gates) or why not in LIFTED_BY_CONTRACT)


def _against(reason: str) -> Test:
    return lambda gates, at: gates["consent"].get("against") == reason


def _later(key: str, field: str) -> Test:
    """Whether an instant lies ahead."""

    def holds(gates: Facts, at: datetime) -> bool:
        until = moment(gates[key].get(field))
        return until is not None and until > at

    return holds


# in the order of orchestrator/arbiter/sql/decide.sql; the limits come last
RULES = (
    Rule("journey", _left, "left_journey"),
    Rule("journey", _expired, "expired"),
    Rule("journey", lambda gates, at: gates["journey"].get("state") not in ("live", "ending"), "journey_paused"),
    Rule("journey", lambda gates, at: bool(gates["journey"].get("merged")), "sent_before_merge"),
    Rule("address", lambda gates, at: not gates["address"].get("known"), "no_address"),
    Rule("address", lambda gates, at: gates["address"].get("suppression") == "bounced", "address_bounced"),
    Rule("address", lambda gates, at: gates["address"].get("suppression") == "complained", "complained", True),
    Rule("address", _suppressed, "suppressed"),
    Rule("consent", _against("restricted"), "restricted"),
    Rule("consent", _against("unsubscribed"), "unsubscribed"),
    Rule("consent", _against("no_consent"), "no_consent"),
    Rule("holdout", lambda gates, at: gates["holdout"].get("arm") == "holdout" or bool(gates["holdout"].get("group")), "holdout", True),
    Rule("sales", lambda gates, at: gates["sales"].get("handover") is not None, "sales_conversation", True),
    Rule("rest", lambda gates, at: gates["rest"].get("goal") is not None, "rest_after_goal", True),
    Rule("offer", lambda gates, at: gates["offer"].get("rest_until") is not None, "rest_after_decline", True),
    Rule("rest", _later("rest", "paused_until"), "paused_by_person", True),
    Rule("quiet_hours", lambda gates, at: gates["quiet_hours"].get("until") is not None, "quiet_hours", True),
    Rule("offer", lambda gates, at: gates["offer"].get("against") is not None, "offer_conflict", True),
)  # fmt: skip
REASONS = {rule.reason for rule in RULES} | {"outranked", "slot_reserved"}
