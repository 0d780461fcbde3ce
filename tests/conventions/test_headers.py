"""Every package, module and statement says what it is for."""

import ast
import re

from tests.conventions.tree import APPS, files, short

PLAIN = ("management", "commands", "templatetags")  # Django asks for these folders; they hold nothing of their own
SQL_FIELDS = ("Params", "Reads", "Writes", "Returns", "Index", "Rerun")


def test_packages_say_step_reads_and_writes():
    wrong = []
    for path in files("__init__.py"):
        if path.parent.name in PLAIN:
            continue
        header = ast.get_docstring(ast.parse(path.read_text())) or ""
        first = header.splitlines()[0] if header else ""
        if not first.endswith(".") or any(
            not re.search(rf"^{name}\s+\S", header, re.M) for name in ("Step", "Reads", "Writes")
        ):
            wrong.append(short(path))
    assert wrong == []
    assert {path.parent.name for path in files("__init__.py")} >= set(APPS)


def test_modules_begin_with_a_sentence():
    wrong = []
    for path in files(".py"):
        header = ast.get_docstring(ast.parse(path.read_text())) or ""
        if path.name != "__init__.py" and not (header and header.split("\n\n")[0].rstrip()[-1] in ".:"):
            wrong.append(short(path))
    assert wrong == []


def test_statements_say_what_they_read_and_whether_they_may_run_twice():
    wrong = {}
    for path in files(".sql"):
        header = "\n".join(line for line in path.read_text().splitlines() if line.startswith("--"))
        missing = [name for name in SQL_FIELDS if not re.search(rf"^-- {name}\s+\S", header, re.M)]
        if not re.match(r"-- [a-z][a-z_ ]*: .+", header):
            missing.append("first line '-- verb: what it does'")
        if missing:
            wrong[short(path)] = missing
    assert wrong == {}
