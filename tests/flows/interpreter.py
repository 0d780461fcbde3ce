"""A small interpreter of journeys, written for the tests: one person at a time, plain Python, no SQL.

It knows what semantics.md says and nothing of the engine: facts of a person, the definition, and the instants at which
somebody looked. Values of conditions are True, False or None (unknown), as there.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

UNITS = {"m": 60, "h": 3600, "d": 86_400}
LATE = timedelta(hours=24)  # who comes in by an older fact is refused
OUTAGE = timedelta(hours=1)  # late by less counts from when it was due


def span(text):
    return timedelta(seconds=int(text[:-1]) * UNITS[text[-1]])


@dataclass
class Fact:
    """An event of a person; it is known from `at` on."""

    at: datetime
    name: str
    properties: dict


@dataclass
class Run:
    """One run of one person."""

    key: str
    entered: datetime
    arrived: datetime
    due: datetime
    step: str | None
    arm: str = ""
    fresh: bool = True  # nobody looked since the arrival
    left: str = ""
    left_at: datetime | None = None
    moves: list = field(default_factory=list)  # (from, way out or reason)
    touches: list = field(default_factory=list)  # (step, visit)


class Person:
    """What the interpreter knows of one person, and where it thinks that they are."""

    def __init__(self, number, attributes, definition):
        self.number, self.attributes, self.definition = number, dict(attributes), definition
        self.steps = {step["key"]: step for step in definition["steps"]}
        order = [step["key"] for step in definition["steps"]]
        self.following = dict(zip(order, [*order[1:], None], strict=True))
        self.first = order[0]
        self.facts, self.fresh, self.runs, self.refused = [], [], [], []

    def does(self, fact):
        self.facts.append(fact)
        self.fresh.append(fact)

    # --- conditions

    def holds(self, condition, now, run=None):
        """The truth of a condition: True, False or None."""
        if "all" in condition or "any" in condition:
            decisive = "any" in condition
            truths = [self.holds(part, now, run) for part in condition["any" if decisive else "all"]]
            return decisive if decisive in truths else None if None in truths else not decisive
        if "not" in condition:
            truth = self.holds(condition["not"], now, run)
            return None if truth is None else not truth
        if "attribute" in condition:
            value = self.attributes.get(condition["attribute"])
            if value is None:
                return None
            return value == condition["is"] if "is" in condition else value >= condition["gte"]
        since = {"entry": run and run.entered, "step": run and run.arrived}.get(condition.get("since"))
        if "within" in condition:
            since = now - span(condition["within"])
        found = [
            f for f in self.facts if f.name == condition["event"] and f.at <= now and (since is None or f.at > since)
        ]
        for part in condition.get("where", []):
            wanted = run.key if part["is"] == {"run": "key"} else part["is"]
            found = [f for f in found if f.properties.get(part["property"]) == wanted]
        return len(found) >= condition.get("count", {"gte": 1})["gte"]

    # --- one look at one person

    def look(self, now):
        """Leave, enter, go early, move on: in this order, until nothing moves."""
        for run in self.open_runs():
            self.leave(run, now)
        self.enter(now)
        for run in self.open_runs():
            while run.step and (self.goes_early(run, now) or run.due <= now):
                self.move(run, now)
            run.fresh = False

    def open_runs(self):
        return [run for run in self.runs if run.step]

    def leave(self, run, now):
        goal, exits = self.definition.get("goal"), self.definition.get("exit", [])
        reason = ""
        if goal and self.holds(goal["when"], now, run):
            reason = "goal"
        elif any(self.holds(part["when"], now, run) for part in exits):
            reason = "exit_condition"
        elif "max_age" in self.definition and run.entered <= now - span(self.definition["max_age"]):
            reason = "max_age"
        if reason:
            self.close(run, reason, now)

    def close(self, run, reason, now):
        run.moves.append((run.step, reason))
        run.step, run.left, run.left_at = None, reason, now

    def enter(self, now):
        entry = self.definition["entry"]
        taken = []
        for fact in sorted(self.fresh, key=lambda fact: fact.at):
            if fact.name == entry["event"]:
                key = fact.properties.get(entry["key"], "") if "key" in entry else ""
                late = "late_event" if fact.at <= now - LATE else ""
                reason = late or self.refusal(entry, key, now) or ("already_in" if key in taken else "")
                if reason:
                    self.refused.append((key, reason))
                    continue
                taken.append(key)
                run = Run(key, fact.at, fact.at, fact.at + self.stay(self.first), self.first)
                run.moves.append(("", "entry"))
                self.runs.append(run)
                self.leave(run, now)  # its facts may have come before it
        self.fresh = []

    def refusal(self, entry, key, now):
        before = [run for run in self.runs if run.key == key]
        rule = entry.get("reentry", {"after": "leaving"})
        delay = span(rule["delay"]) if isinstance(rule, dict) and "delay" in rule else timedelta(0)
        if any(run.step for run in before):
            return "already_in"
        if before and rule == "never":
            return "reentry_blocked"
        if before and delay:
            last = max(run.left_at if rule["after"] == "leaving" else run.entered for run in before)
            if last > now - delay:
                return "delay_not_over"
        if "when" in entry and not self.holds(entry["when"], now):
            return "condition_unmet"
        if len(self.runs) >= entry.get("limits", {}).get("person", 10**9):
            return "limit_person"
        return ""

    def stay(self, key):
        step = self.steps[key]
        return span(step.get("for") or step.get("at_most")) if step["kind"] == "wait" else timedelta(0)

    def goes_early(self, run, now):
        step = self.steps[run.step]
        return "until" in step and self.holds(step["until"], now, run) is True

    def move(self, run, now):
        step = self.steps[run.step]
        if step["kind"] == "end":
            self.close(run, "completed", now)
            return
        way = self.way(step, run, now)
        target = self.target(step, way)
        # who comes to a wait for something that holds already passes through it
        since = run.arrived if run.fresh and "until" in step and way == "next" else run.due
        moment = since if now - OUTAGE <= since <= now else now
        run.moves.append((run.step, way))
        if step["kind"] == "send":
            run.touches.append((run.step, len(run.moves) - 2))  # the number of the move that led here
        if step["kind"] == "update":
            self.attributes.update(step["set"])
        run.step, run.arrived, run.due, run.fresh = target, moment, moment + self.stay(target), True

    def way(self, step, run, now):
        if step["kind"] == "branch":
            truths = [(one["key"], self.holds(one["when"], now, run)) for one in step["branches"]]
            for key, truth in truths:
                if truth:
                    return key
            return "missing" if any(truth is None for _key, truth in truths) else "otherwise"
        if step["kind"] == "split":
            digest = hashlib.md5(f"{self.definition['slug']}/{step['key']}:{self.number}".encode()).hexdigest()
            bucket, total, running = int(digest[:8], 16) % 10_000, sum(arm["weight"] for arm in step["arms"]), 0
            for arm in step["arms"]:
                running += arm["weight"]
                if bucket < round(10_000 * running / total):
                    run.arm = run.arm if run.arm == "holdout" else "holdout" if arm.get("holdout") else arm["name"]
                    return arm["name"]
        if step["kind"] == "jump":
            jumped = sum(move == (step["key"], "again") for move in run.moves)
            return "again" if jumped < step["at_most"] else "next"
        if "until" in step:
            return "next" if self.goes_early(run, now) else "timeout"
        return "next"

    def target(self, step, way):
        onward = step.get("next", self.following[step["key"]])
        if step["kind"] == "branch":
            ways = {one["key"]: one["next"] for one in step["branches"]}
            return {**ways, "missing": step["missing"], "otherwise": step["otherwise"]}[way]
        if step["kind"] == "split":
            return next(arm for arm in step["arms"] if arm["name"] == way).get("next", onward)
        return {"again": step.get("to"), "timeout": step.get("timeout", onward)}.get(way, onward)
