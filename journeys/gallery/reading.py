"""Reads a file of journeys: YAML 1.2 or JSON, nothing that runs, nothing that grows, errors with line and column."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

MOST_BYTES = 2 * 1024 * 1024
MOST_DEPTH = 40  # levels of lists and objects: a condition has eight
MOST_ALIASES = 50
MOST_PARTS = 200_000  # values after aliases were followed
UNSAFE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):
    """A text that is no document: what was expected, and where. line, column: from 1; 0 where there is no place."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}, column {column}: {message}" if line else message)
        self.message, self.line, self.column = message, line, column


class Loader(yaml.CSafeLoader):
    """YAML as people mean it: `2026-12-01`, `09:00`, `no` and `on` stay texts, only true and false are truths."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?$",
        "-+0123456789.",
    ),
):
    Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))


def read_document(content: bytes | str) -> Any:
    """Read one document; what begins with a brace is JSON. Raises Unreadable."""
    text = _decoded(content)
    found = _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_yaml(text)
    _look(found)
    return found


def _decoded(content: bytes | str) -> str:
    size = len(content.encode("utf-8", "surrogatepass")) if isinstance(content, str) else len(content)
    if size > MOST_BYTES:
        raise Unreadable(f"expected at most {MOST_BYTES // 1024 // 1024} MB, got {size / 1024 / 1024:.1f} MB")
    text = content if isinstance(content, str) else _from_utf8(content)
    if not text.strip():
        raise Unreadable("expected a document, got an empty file")
    return text.replace("\r\n", "\n")


def _from_utf8(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Unreadable("expected a text in UTF-8", line, column) from error


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(f"expected JSON: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise Unreadable(f"expected at most {MOST_DEPTH} levels") from error
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable(f"expected a number that can be stored: {str(error)[:80]}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(f"the key {key[:60]!r} stands twice in one object")
        found[key] = value
    return found


def _no_number(name: str) -> Any:
    raise Unreadable(f"expected a number, got {name}")


def _read_yaml(text: str) -> Any:
    try:
        _look_at_events(text)
        loader = Loader(text)
        try:
            root = loader.get_single_node()
            _refuse_twice(root)
            return loader.construct_document(root) if root is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise Unreadable(f"expected YAML: {error.problem or error.context}", *place) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(f"expected YAML: {error.reason}", line, 1) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"expected YAML: {str(error)[:200]}") from error


def _look_at_events(text: str) -> None:
    """Refuse depth, aliases and tags before anything is built of them."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=Loader):
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise Unreadable(f"expected at most {MOST_DEPTH} levels", *place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MOST_ALIASES:
                raise Unreadable(f"expected at most {MOST_ALIASES} aliases", *place)
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            raise Unreadable(f"expected plain values, got the tag {tag[:60]}", *place)


def _refuse_twice(root: yaml.Node | None) -> None:
    """Refuse keys that stand twice, keys that are no texts, and a node that contains itself."""
    waiting, seen = [root] if root is not None else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                mark = key.start_mark
                place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
                if not isinstance(key, yaml.ScalarNode):
                    raise Unreadable("expected a text as a key", *place)
                if key.value in keys:
                    raise Unreadable(f"the key {key.value[:60]!r} stands twice in one object", *place)
                keys.add(key.value)
                key.tag = "tag:yaml.org,2002:str"
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _look(document: Any) -> None:
    """Refuse what no table can store, and what aliases made too large; a circle of aliases is too deep."""
    waiting: list[tuple[Any, int, str]] = [(document, 1, "")]
    parts = 0
    while waiting:
        value, depth, path = waiting.pop()
        parts += 1
        if depth > MOST_DEPTH or parts > MOST_PARTS:
            limit = f"{MOST_DEPTH} levels" if depth > MOST_DEPTH else f"{MOST_PARTS} values"
            raise Unreadable(f"{path[:200]}: expected at most {limit}")
        if isinstance(value, str) and UNSAFE.search(value):
            raise Unreadable(f"{path[:200]}: expected a text without NUL and without halves of characters")
        if isinstance(value, float) and not math.isfinite(value):
            raise Unreadable(f"{path[:200]}: expected a number that can be stored")
        waiting += [(inner, depth + 1, where) for inner, where in _inside(value, path)]


def _inside(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, path
            yield inner, f"{path}.{key}" if path else str(key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield inner, f"{path}[{i}]"
