"""The flow on the canvas: every step once, ways that meet again meet under their columns."""

import pytest

from journeys.canvas.layout import Flow, Node, lay_out


def flow(**exits: dict[str, str] | str) -> Flow:
    """Lay out steps given by name: a string is the plain next step."""
    ids = {name: n for n, name in enumerate(exits, 1)}
    nodes = []
    for name, ways in exits.items():
        ways = {"next": ways} if isinstance(ways, str) and ways else ways or {}
        nodes.append(Node(ids[name], {label: ids[to] for label, to in ways.items()}, name))
    return lay_out(nodes)


def names(laid: Flow) -> list:
    """The layout as nested lists: a fork is a list of (labels, column)."""
    found = []
    for item in laid.items:
        found.append(f"→{item.node.content}" if item.pointer else item.node.content)
        if item.fork:
            found.append([("|".join(column.labels), names(column.sequence)) for column in item.fork.columns])
    return found


def test_lay_out_nothing_is_empty():
    assert lay_out([]).items == []


def test_lay_out_straight_flow_is_one_column():
    laid = flow(a="b", b="c", c="")
    assert names(laid) == ["a", "b", "c"]
    assert laid.units == 1


def test_lay_out_branches_meet_under_their_columns():
    laid = flow(a={"x": "b", "y": "c", "otherwise": "d"}, b="d", c="d", d="")
    assert names(laid) == ["a", [("x", ["b"]), ("y", ["c"]), ("otherwise", [])], "d"]
    fork = laid.items[0].fork
    assert fork.units == pytest.approx(2.6)
    assert all(column.open for column in fork.columns)
    assert (fork.top_left, fork.bottom_left) == (pytest.approx(50 / 2.6), pytest.approx(50 / 2.6))


def test_lay_out_exits_to_one_step_share_a_column():
    laid = flow(a={"x": "b", "missing": "c", "otherwise": "c"}, b="c", c="")
    assert names(laid) == ["a", [("x", ["b"]), ("missing|otherwise", [])], "c"]


def test_lay_out_way_that_ends_is_not_joined():
    laid = flow(a={"next": "c", "timeout": "b"}, b="", c="")
    assert names(laid) == ["a", [("next", ["c"]), ("timeout", ["b"])]]
    assert laid.items[0].fork.bottom_left is None


def test_lay_out_nested_forks_go_back_to_the_outer_join():
    laid = flow(
        a={"next": "e", "timeout": "b"},
        b={"x": "c", "otherwise": "e"},
        c={"next": "d", "timeout": "e"},
        d="e",
        e="",
    )  # fmt: skip
    inner = ["c", [("next", ["d"]), ("timeout", [])]]
    assert names(laid) == ["a", [("next", []), ("timeout", ["b", [("x", inner), ("otherwise", [])]])], "e"]


def test_lay_out_way_into_another_column_is_a_pointer():
    laid = flow(a={"x": "b", "y": "c", "z": "f"}, b="d", c={"x": "d", "y": "e"}, d="g", e="g", f="g", g="")
    assert names(laid)[-1] == "g"
    placed = str(names(laid))
    assert all(placed.count(f"'{step}'") == 1 for step in "abcdefg")
    assert "→d" in placed


def test_lay_out_places_every_step_of_a_long_flow_once():
    steps = {f"s{n}": f"s{n + 1}" for n in range(199)} | {"s199": ""}
    assert len(flow(**steps).items) == 200
