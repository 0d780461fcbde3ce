"""Writes a file of journeys so that a difference is read line by line: one order of keys, texts as blocks, nothing wrapped."""

from typing import Any

import yaml

from journeys.gallery.rules import KEY_ORDER, TOP

ONE_LINE = 110  # characters of an object or a list that stands on one line
NEVER_WRAPPED = 2**30
PLACE = {key: place for place, key in enumerate(TOP)}
FIRST = {key: place for place, key in enumerate(KEY_ORDER)}


class Dumper(yaml.SafeDumper):
    """YAML without anchors; a text of several lines stands as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out where it is used."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list below its key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, _text)


def write_document(document: Any) -> str:
    """Write a document as YAML; the same document gives the same text, byte by byte."""
    dumper = Dumper("", sort_keys=False)  # type: ignore[arg-type]  # it only represents here
    node = dumper.represent_data(ordered(document))
    _settle(node, level=0)
    text: str = yaml.serialize(
        node, Dumper=Dumper, allow_unicode=True, width=NEVER_WRAPPED, indent=2, line_break="\n", encoding=None
    )
    return text


def ordered(value: Any) -> Any:
    """Put the keys of every object into their one order: the known ones first, then the others by letter."""
    if isinstance(value, dict) and "bundle" in value:
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: (PLACE.get(key, len(TOP)), key))}
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: (FIRST.get(key, len(FIRST)), key))}
    return [ordered(one) for one in value] if isinstance(value, list) else value


def _settle(node: yaml.Node, level: int) -> int | None:
    """Choose one line or many for each part; the length on one line, None where it needs several."""
    if not isinstance(node, yaml.CollectionNode):
        return None if getattr(node, "style", "") == "|" else len(node.value) + 2
    if isinstance(node, yaml.MappingNode):
        lengths = [_settle(value, level + 1) for _key, value in node.value]
        keys = sum(len(key.value) + 2 for key, _value in node.value)
    else:
        lengths, keys = [_settle(value, level + 1) for value in node.value], 0
    total = None if None in lengths else sum(filter(None, lengths)) + 2 * len(lengths) + keys + 2
    fits = total is not None and (total <= ONE_LINE or not node.value)
    node.flow_style = fits and (level > 1 or not node.value)
    return total if node.flow_style else None
