"""Habits that keep the product safe: nobody reads the clock, sends inside a transaction, or lets the broker keep time."""

import ast
import re

from tests.conventions.tree import files, short

CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\)|\bcurrent_(date|time|timestamp)\b",
    re.I,
)
BROKER = {"delay", "apply_async", "send_task"}
LATER = {"eta", "countdown"}
WITHOUT_CLOCK = ("rules.py", "queries.py", "operations.py", "listing.py")


def code_of(path):
    return re.sub(r"--[^\n]*", "", path.read_text())


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def test_statements_do_not_read_the_clock():
    assert [short(path) for path in files(".sql") if CLOCK.search(code_of(path))] == []


def test_operations_queries_and_rules_do_not_read_the_clock():
    clocks = {
        "timezone.now",
        "datetime.now",
        "datetime.utcnow",
        "date.today",
        "timezone.localdate",
        "time.time",
        "datetime.datetime.now",
    }
    wrong = [
        short(path)
        for path in files(".py")
        if path.name in WITHOUT_CLOCK
        for call in calls(path)
        if ast.unparse(call.func) in clocks
    ]
    assert wrong == []


def test_celery_is_called_from_the_tick_only():
    wrong = [
        short(path)
        for path in files(".py")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in BROKER
        and not short(path).startswith("orchestrator/tick/")
    ]
    assert wrong == []


def test_the_broker_keeps_no_time():
    wrong = [
        short(path)
        for path in files(".py")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr in {*BROKER, "retry", "signature", "s"}
        if any(keyword.arg in LATER for keyword in call.keywords)
    ]
    assert wrong == []


def test_mail_is_reached_from_the_delivery_only():
    allowed = ("orchestrator/channels/adapters/", "orchestrator/channels/operations.py")
    wrong = []
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            if any(name == "smtplib" or name.startswith("django.core.mail") for name in names) and not short(
                path
            ).startswith(allowed):
                wrong.append(short(path))
    assert wrong == []


def test_operations_are_atomic_and_keyword_only():
    wrong = []
    for path in files("operations.py"):
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
                and (node.args.args or node.args.posonlyargs)
            ):
                wrong.append(f"{short(path)}:{node.name}")
    assert wrong == []
