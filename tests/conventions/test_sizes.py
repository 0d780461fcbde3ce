"""Files and functions stay small enough to read in one go."""

import ast

from tests.conventions.tree import files, short

FILE_LINES, FUNCTION_LINES = 300, 40
# Longer on purpose; each with its reason.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}


def test_files_have_at_most_300_lines():
    long = {
        short(path): n
        for path in files(".py") + files(".sql")
        if (n := len(path.read_text().splitlines())) > FILE_LINES
    }
    assert {name: n for name, n in long.items() if name not in LONGER_FILES} == {}
    assert set(LONGER_FILES) <= set(long), "shorter by now: take it off the list"


def test_functions_have_at_most_40_lines():
    long = {}
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long[f"{short(path)}:{node.name}"] = lines
    assert {name: n for name, n in long.items() if name not in LONGER_FUNCTIONS} == {}
    assert set(LONGER_FUNCTIONS) <= set(long), "shorter by now: take it off the list"
