"""Finds the values of a text that may print nothing: no `default` catches them and no `if` asks for them before."""

from collections.abc import Iterable, Iterator
from typing import Any

from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Nil, Path, StringLiteral
from liquid.builtin.expressions import logical as compare
from liquid.builtin.expressions.primitive import Blank, FloatLiteral, IntegerLiteral, TrueLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from journeys.content.sandbox import Sandbox, parse

ALWAYS = frozenset(["contact.language", "journey.name", "shop_url", "public_url", "survey.url", "survey.question"])
NOTHING = (Nil, Blank)  # `x != empty` holds for what is missing
SOMETHING = (StringLiteral, IntegerLiteral, FloatLiteral, TrueLiteral)
ORDERED = (compare.LtExpression, compare.GtExpression, compare.LeExpression, compare.GeExpression)


class _Reader:
    """Walks over a parsed text. found: what may print nothing, in order; own: the names that the text makes itself."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self.own: dict[str, str] = {"forloop": ""}  # name -> the value that may be missing in it, empty for none

    def walk(self, nodes: Iterable[Any], sure: frozenset[str]) -> None:
        for node in nodes:
            self.node(node, sure)

    def node(self, node: Any, sure: frozenset[str]) -> None:
        if isinstance(node, OutputNode):
            self.found |= dict.fromkeys(self.missing(node.expression, sure))
        elif isinstance(node, IfNode | UnlessNode):
            self.branches(node, sure)
        elif isinstance(node, ForNode):
            self.own.setdefault(str(node.expression.identifier), "")
            self.node(node.block, sure | {str(node.expression.iterable)})
            if node.default:
                self.node(node.default, sure)
        elif isinstance(node, CaseNode):
            asked = {str(node.expression)}
            for block in node.blocks:
                self.node(block, sure | asked if isinstance(block, MultiExpressionBlockNode) else sure)
        elif isinstance(node, AssignNode):
            self.own[str(node.name)] = next(self.missing(node.expression, sure), "")
        else:
            if isinstance(node, CaptureNode):
                self.own[str(node.name)] = ""
            inner = getattr(node, "nodes", None)
            self.walk(inner if inner is not None else node.children(None), sure)

    def branches(self, node: Any, sure: frozenset[str]) -> None:
        first = asked(node.condition) if isinstance(node, IfNode) else not_asked(node.condition)
        self.node(node.consequence, sure | first)
        for other in node.alternatives:
            self.node(other.block, sure | asked(other.expression))
        if node.default:
            last = not_asked(node.condition) if isinstance(node, IfNode) else asked(node.condition)
            self.node(node.default, sure | last)

    def missing(self, expression: Any, sure: frozenset[str]) -> Iterator[str]:
        """What of a printed or assigned expression may be missing."""
        if isinstance(expression, FilteredExpression):
            if not caught(expression.filters):
                yield from self.missing(expression.left, sure)
        elif isinstance(expression, Path):
            name = str(expression)
            root = str(expression.path[0])
            if root in self.own:
                if self.own[root]:
                    yield self.own[root]
            elif name not in ALWAYS and name not in sure:
                yield name


def uncaught(source: str) -> list[str]:
    """List the values from outside that may print nothing. Raises ContentProblem when the text cannot be read."""
    reader = _Reader()
    reader.walk(parse(source, Sandbox(autoescape=False)).nodes, frozenset())
    return list(reader.found)


def caught(filters: Any) -> bool:
    """Whether one of the filters is a `default`."""
    return any(one.name == "default" for one in filters or ())


def asked(condition: Any) -> frozenset[str]:
    """The values that are there whenever a condition holds."""
    if isinstance(condition, BooleanExpression):
        return asked(condition.expression)
    if isinstance(condition, Path):
        return frozenset([str(condition)])
    if isinstance(condition, compare.LogicalAndExpression):
        return asked(condition.left) | asked(condition.right)
    if isinstance(condition, compare.LogicalOrExpression):
        return asked(condition.left) & asked(condition.right)
    if isinstance(condition, compare.LogicalNotExpression):
        return not_asked(condition.right)
    if isinstance(condition, compare.NeExpression):
        return _beside(condition, NOTHING)
    if isinstance(condition, compare.EqExpression):
        return frozenset(str(one) for one, other in _sides(condition) if isinstance(other, SOMETHING))
    if isinstance(condition, (*ORDERED, compare.ContainsExpression)):
        return frozenset(str(one) for one in (condition.left, condition.right) if isinstance(one, Path))
    return frozenset()


def not_asked(condition: Any) -> frozenset[str]:
    """The values that are there whenever a condition does not hold."""
    if isinstance(condition, BooleanExpression):
        return not_asked(condition.expression)
    if isinstance(condition, compare.LogicalNotExpression):
        return asked(condition.right)
    if isinstance(condition, compare.LogicalOrExpression):
        return not_asked(condition.left) | not_asked(condition.right)
    if isinstance(condition, compare.EqExpression):
        return _beside(condition, NOTHING)
    return frozenset()


def _sides(condition: Any) -> Iterator[tuple[Any, Any]]:
    for one, other in ((condition.left, condition.right), (condition.right, condition.left)):
        if isinstance(one, Path):
            yield one, other


def _beside(condition: Any, kinds: tuple[type, ...]) -> frozenset[str]:
    return frozenset(str(one) for one, other in _sides(condition) if isinstance(other, kinds))
