"""Habits that keep the product safe: nobody reads the clock, sends inside a transaction, or lets the broker keep time."""

import ast
import re

from tests.conventions.tree import APPS, ROOT, files, short

CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\)|\bcurrent_(date|time|timestamp)\b",
    re.I,
)
# a table of people that is joined by an address: the index on addresses leaves out those who have none
BY_ADDRESS = re.compile(r"contacts_contact (?:AS )?(\w+)\s+(?:ON|WHERE)\b[^;]{0,120}?\b\1\.(email|phone) = (?!\'\')")
BROKER = {"delay", "apply_async", "send_task"}
LATER = {"eta", "countdown"}
WITHOUT_CLOCK = ("rules.py", "queries.py", "operations.py", "listing.py")


def code_of(path):
    return re.sub(r"--[^\n]*", "", path.read_text())


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def test_statements_do_not_read_the_clock():
    assert [short(path) for path in files(".sql") if CLOCK.search(code_of(path))] == []


def test_people_are_looked_up_by_address_with_the_index():
    wrong = [
        f"{path.name}: {name}.{column}"
        for path in [*files(".sql"), *files(".py"), *(ROOT / app / "migrations" for app in APPS)]
        for text in ([path.read_text()] if path.is_file() else [one.read_text() for one in sorted(path.glob("*.py"))])
        for name, column in BY_ADDRESS.findall(text)
        if f"{name}.{column} <> ''" not in text
    ]
    assert wrong == []


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
