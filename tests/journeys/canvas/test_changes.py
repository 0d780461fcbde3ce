"""Changing a flow: what leads where afterwards, what is refused, and that nothing gets lost in a thousand ways of doing it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.canvas import changes, removals
from journeys.canvas.graph import read, write
from journeys.canvas.places import CutsOff, Place, Refused
from journeys.steps.registry import kind_names, kind_of

SAFE = ("wait", "branch", "split", "send", "update", "handover", "end")


def step(key, kind="update", **settings):
    return {"key": key, "kind": kind, "name": {"en": key, "de": key}, **settings}


def branch(key, otherwise, **ways):
    listed = [
        {"key": way, "name": {"en": way, "de": way}, "when": {"stage": "x"}, "next": to} for way, to in ways.items()
    ]
    return step(key, "branch", branches=listed, otherwise=otherwise)


def flow(*steps):
    return {
        "slug": "f",
        "name": {"en": "F", "de": "F"},
        "phase": "purchase",
        "entry": {"signal": "s"},
        "steps": list(steps),
    }


def ways(definition):
    """Every step with where its ways lead, as text."""
    graph = read(definition)
    return {key: " ".join(f"{label}>{to}" for label, to in out.items()) for key, out in graph.ways.items()}


LINE = flow(step("a"), step("b"), step("z", "end"))
FORK = flow(branch("f", "r", x="l"), step("l", next="j"), step("r"), step("j"), step("z", "end"))
APART = flow(branch("f", "r", x="l"), step("l"), step("y", "end"), step("r"), step("z", "end"))


def test_write_of_what_was_read_is_the_same():
    assert write(read(LINE), LINE) == LINE
    assert write(read(FORK), FORK) == FORK


def test_write_orders_depth_first_and_after_all_that_lead_there():
    mixed = flow(branch("f", "r", x="l"), step("z", "end"), step("r", next="z"), step("l", next="z"))
    assert [one["key"] for one in write(read(mixed), mixed)["steps"]] == ["f", "l", "r", "z"]


def test_insert_on_a_way_changes_two_steps_and_says_nothing_twice():
    after, key = changes.insert(LINE, "wait", Place("a", ("next",)))
    assert [one["key"] for one in after["steps"]] == ["a", "wait", "b", "z"]
    assert after["steps"][0] == LINE["steps"][0]
    assert "next" not in after["steps"][1]
    assert key == "wait"


def test_insert_before_the_first_step_is_the_new_start():
    after, _ = changes.insert(LINE, "send", Place("a"))
    assert after["steps"][0]["kind"] == "send"
    assert ways(after)["send"] == "next>a"


def test_insert_before_a_join_is_for_all_who_come_there():
    after, _ = changes.insert(FORK, "wait", Place("j"))
    assert (ways(after)["l"], ways(after)["r"], ways(after)["wait"]) == ("next>wait", "next>wait", "next>j")


def test_insert_on_two_of_the_ways_leaves_the_third():
    after, _ = changes.insert(FORK, "wait", Place("f", ("missing", "otherwise")))
    assert ways(after)["f"] == "x>l missing>wait otherwise>wait"


def test_insert_takes_no_key_that_a_step_ever_had():
    assert changes.insert(LINE, "wait", Place("b"), taken={"wait", "wait-2"})[1] == "wait-3"


def test_insert_of_an_end_that_cuts_off_is_refused_until_said():
    with pytest.raises(CutsOff) as refused:
        changes.insert(LINE, "end", Place("a", ("next",)))
    assert refused.value.keys == ["b", "z"]
    after, key = changes.insert(LINE, "end", Place("a", ("next",)), cut=True)
    assert [one["key"] for one in after["steps"]] == ["a", key]


def test_insert_of_an_end_on_one_of_two_ways_cuts_nothing_off():
    after, key = changes.insert(FORK, "end", Place("f", ("missing",)))
    assert ways(after)["f"] == f"x>l missing>{key} otherwise>r"


@pytest.mark.parametrize("place", ["into:gone", "out:a:gone", "out:gone:next"])
def test_insert_at_a_place_that_is_gone_is_refused(place):
    with pytest.raises(Refused, match="not_there"):
        changes.insert(LINE, "wait", Place.parse(place))


@pytest.mark.parametrize("text", ["", "out", "out:a", "into:", "into:a:b", "in:a", "out::x", "out:a:"])
def test_place_that_is_none_is_refused(text):
    with pytest.raises(Refused):
        Place.parse(text)


def test_place_is_read_as_it_was_written():
    for place in (Place("a"), Place("a", ("x", "y"))):
        assert Place.parse(str(place)) == place


def test_insert_of_step_201_is_refused():
    long = flow(*(step(f"s{n}") for n in range(199)), step("z", "end"))
    with pytest.raises(Refused, match="too_many"):
        changes.insert(long, "wait", Place("z"))


def test_change_of_settings_leaves_the_ways():
    after = changes.change(LINE, "a", {**changes.explicit(LINE, "a"), "set": {"x": 1}})
    assert after["steps"][0] == {**LINE["steps"][0], "set": {"x": 1}}


def test_change_with_a_new_branch_sends_it_where_otherwise_goes():
    before = changes.explicit(FORK, "f")
    more = [*before["branches"], {"key": "new", "name": {"en": "n", "de": "n"}, "when": {"stage": "y"}}]
    assert ways(changes.change(FORK, "f", {**before, "branches": more}))["f"] == "x>l new>r missing>r otherwise>r"


def test_change_that_takes_a_branch_away_says_what_goes():
    before = changes.explicit(FORK, "f")
    other = {**before, "branches": [{"key": "y", "name": {"en": "y", "de": "y"}, "when": {"stage": "y"}}]}
    with pytest.raises(CutsOff) as refused:
        changes.change(FORK, "f", other)
    assert refused.value.keys == ["l"]
    assert ways(changes.change(FORK, "f", other, cut=True))["f"] == "y>r missing>r otherwise>r"


def test_change_of_an_arm_that_keeps_its_target_under_another_name():
    arms = [{"name": "a", "weight": 1, "next": "l"}, {"name": "b", "weight": 1, "next": "r"}]
    split = flow(step("f", "split", arms=arms), step("l", next="z"), step("r"), step("z", "end"))
    before = changes.explicit(split, "f")
    renamed = {**before, "arms": [{**before["arms"][0], "name": "first"}, before["arms"][1]]}
    assert ways(changes.change(split, "f", renamed))["f"] == "first>l b>r"


def test_change_of_a_wait_to_one_with_two_ways_sends_both_on():
    waits = flow(step("w", "wait", **{"for": "1h"}), step("z", "end"))
    until = {
        "key": "w",
        "kind": "wait",
        "name": {"en": "w", "de": "w"},
        "until": {"stage": "x"},
        "at_most": "1d",
        "next": "z",
    }
    after = changes.change(waits, "w", until)
    assert set(ways(after)["w"].split()) == {"next>z", "timeout>z"}


def test_move_takes_a_step_along_the_line():
    assert [s["key"] for s in changes.move(LINE, "a", Place("z"))["steps"]] == ["b", "a", "z"]
    assert [s["key"] for s in changes.move(LINE, "b", Place("a"))["steps"]] == ["b", "a", "z"]


def test_move_to_where_it_stands_changes_nothing():
    for place in (Place("a", ("next",)), Place("b"), Place("b", ("next",)), Place("z")):
        assert changes.move(LINE, "b", place) == LINE


def test_move_takes_a_branch_with_all_its_ways():
    after = changes.move(FORK, "f", Place("z"))
    assert [s["key"] for s in after["steps"]] == ["j", "f", "l", "r", "z"]
    assert ways(after) == {"j": "next>f", "f": "x>l missing>r otherwise>r", "l": "next>z", "r": "next>z", "z": ""}


def test_move_out_of_a_column_leaves_the_way_to_the_join():
    after = changes.move(FORK, "l", Place("z"))
    assert ways(after)["f"] == "x>j missing>r otherwise>r"
    assert ways(after)["j"] == "next>l"


def test_move_from_before_the_join_into_it_is_for_all():
    after = changes.move(FORK, "l", Place("j"))
    assert ways(after)["f"] == "x>l missing>r otherwise>r"
    assert (ways(after)["r"], ways(after)["l"]) == ("next>l", "next>j")


def test_move_into_itself_or_of_what_never_meets_again_is_refused():
    with pytest.raises(Refused, match="inside"):
        changes.move(FORK, "f", Place("l", ("next",)))
    with pytest.raises(Refused, match="ends_apart"):
        changes.move(flow(step("a"), *APART["steps"]), "f", Place("a"))
    with pytest.raises(Refused, match="no_end"):
        changes.move(LINE, "z", Place("a"))


def test_copy_of_a_step_stands_after_it():
    after, key = changes.copy(LINE, "a")
    assert [s["key"] for s in after["steps"]] == ["a", key, "b", "z"]
    assert after["steps"][1]["name"] == {"en": "a (copy)", "de": "a (Kopie)"}


def test_copy_of_a_branch_stands_after_its_join_with_everything():
    after, key = changes.copy(FORK, "f", branch=True)
    assert len(after["steps"]) == 8
    assert ways(after)["l"] == f"next>{key}"
    first = ways(after)[key].split()
    assert [one.split(">")[0] for one in first] == ["x", "missing", "otherwise"]
    assert ways(after)[first[0].split(">")[1]] == "next>j"


def test_copy_of_a_branch_alone_lets_all_its_ways_go_on():
    after, key = changes.copy(FORK, "f")
    assert ways(after)[key] == "x>j missing>j otherwise>j"


def test_copy_of_an_end_is_refused():
    with pytest.raises(Refused, match="no_end"):
        changes.copy(LINE, "z")


def test_delete_lets_people_go_on():
    assert ways(removals.delete(LINE, "a")) == {"b": "next>z", "z": ""}
    assert ways(removals.delete(FORK, "l"))["f"] == "x>j missing>r otherwise>r"


def test_delete_of_a_branch_keeps_the_chosen_way():
    assert list(ways(removals.delete(FORK, "f"))) == ["r", "j", "z"]
    kept = removals.delete(FORK, "f", keep="x")
    assert list(ways(kept)) == ["l", "j", "z"]
    assert removals.goes_with(FORK, kept) == ["f", "r"]


def test_delete_branch_takes_all_down_to_the_join():
    assert list(ways(removals.delete_branch(FORK, "f"))) == ["j", "z"]
    assert list(ways(removals.delete_branch(LINE, "a"))) == ["b", "z"]


def test_delete_branch_that_never_meets_again_leaves_an_end():
    after = removals.delete_branch(flow(step("a"), *APART["steps"]), "f")
    assert ways(after) == {"a": "next>end", "end": ""}


def test_delete_of_an_end_sends_its_people_the_usual_way_or_is_refused():
    after, key = changes.insert(FORK, "end", Place("f", ("missing",)))
    assert ways(removals.delete(after, key))["f"] == "x>l missing>r otherwise>r"
    with pytest.raises(Refused, match="no_end"):
        removals.delete(LINE, "z")
    with pytest.raises(Refused, match="last"):
        removals.delete(flow(step("z", "end")), "z")


def test_connect_leads_a_way_elsewhere_but_never_back():
    assert ways(changes.connect(FORK, Place("f", ("x",)), "z", cut=True))["f"] == "x>z missing>r otherwise>r"
    with pytest.raises(CutsOff):
        changes.connect(FORK, Place("f", ("x",)), "z")
    with pytest.raises(Refused, match="circle"):
        changes.connect(FORK, Place("j", ("next",)), "r", cut=True)


def sound(definition):
    """Every way leads somewhere, every step is reached once started, nobody goes round, keys are unique, all ends end."""
    keys = [one["key"] for one in definition["steps"]]
    assert len(set(keys)) == len(keys)
    graph = read(definition)
    assert graph.first == keys[0]
    assert not graph.lost()
    assert not graph.circle()
    for key, out in graph.ways.items():
        assert all(to in graph.steps for to in out.values()), (key, out)
        assert out or graph.steps[key]["kind"] in ("end", "jump")
    assert write(graph, definition) == definition


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_sequence_of_changes_leaves_a_sound_flow(data):
    definition = flow(step("end", "end"))
    for _ in range(data.draw(st.integers(1, 14))):
        graph = read(definition)
        key = data.draw(st.sampled_from(sorted(graph.steps)))
        places = [Place(one) for one in graph.steps] + [
            Place(one, (way,)) for one, out in graph.ways.items() for way in out
        ]
        place = data.draw(st.sampled_from(sorted(places, key=str)))
        act = data.draw(
            st.sampled_from(
                ["insert", "insert", "insert", "move", "copy", "delete", "delete_branch", "connect", "change"]
            )
        )
        before = {one["key"] for one in definition["steps"]}
        try:
            if act == "insert":
                kind = data.draw(st.sampled_from(sorted(set(SAFE) & set(kind_names()))))
                definition, new = changes.insert(definition, kind, place, cut=data.draw(st.booleans()))
                assert new in {one["key"] for one in definition["steps"]}
            elif act == "move":
                definition = changes.move(definition, key, place)
                assert {one["key"] for one in definition["steps"]} == before  # nothing gets lost
            elif act == "copy":
                definition, _ = changes.copy(
                    definition, key, place if data.draw(st.booleans()) else None, branch=data.draw(st.booleans())
                )
                assert before < {one["key"] for one in definition["steps"]}
            elif act == "connect":
                definition = changes.connect(definition, place, key, cut=data.draw(st.booleans()))
            elif act == "change":
                definition = changes.change(
                    definition, key, reshaped(data, changes.explicit(definition, key)), cut=data.draw(st.booleans())
                )
            else:
                definition = getattr(removals, act)(definition, key)
                assert key not in {one["key"] for one in definition["steps"]}
        except (Refused, CutsOff):
            pass
        sound(definition)


def reshaped(data, settings):
    """A branch or split with other ways."""
    if settings["kind"] == "branch":
        count = data.draw(st.integers(1, 4))
        listed = settings["branches"][:count]
        listed += [
            {"key": f"w{n}", "name": {"en": "w", "de": "w"}, "when": {"stage": "x"}} for n in range(len(listed), count)
        ]
        return {**settings, "branches": listed}
    return settings


def test_every_kind_can_be_put_in_everywhere():
    for kind in kind_names():
        if kind_of(kind).targets({**kind_of(kind).blank(), "key": "x", "kind": kind}, None):
            for place in (Place("f"), Place("f", ("x",)), Place("j"), Place("z")):
                sound(changes.insert(FORK, kind, place)[0])
