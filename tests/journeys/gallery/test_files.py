"""Files that are wrong, too large or too clever are refused with their place; nothing of them is written."""

import copy
import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Attribute, EventType, Segment, Signal
from journeys.gallery.comparing import compare
from journeys.gallery.operations import InvalidBundle, import_bundle, problems_of, rehearse_bundle
from journeys.gallery.queries import bundle_of
from journeys.gallery.reading import MOST_BYTES, Unreadable, read_document
from journeys.gallery.templates import template
from journeys.gallery.writing import write_document
from journeys.models import Block, Journey, Offer, Version

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LAUGHS = "\n".join(["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 7)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("a:\n\t- b", "line 2, column 1"),
        ("!!python/object/apply:os.system [ls]", "line 1, column 1: expected plain values"),
        ("[" * 100_000, "expected at most 40 levels"),
        ("a: " + "[" * 60 + "]" * 60, "expected at most 40 levels"),
        (LAUGHS, "aliases"),
        ("a: &a [*a]", "levels"),
        ("a: \x07", "control characters"),
        ("a: 1e999", "a number that can be stored"),
        ('{"a": NaN}', "expected a number"),
        ('{"a": "\\ud800"}', "halves of characters"),
        ('{"a": ' + "1" * 6_000 + "}", "a number that can be stored"),
        (b"\xff\xfe", "expected a text in UTF-8"),
        (" \n", "an empty file"),
        (b"a" * (MOST_BYTES + 1), "expected at most 2 MB"),
    ],
)
def test_read_of_a_bad_file_says_where(text, said):
    with pytest.raises(Unreadable, match=said.replace("(", "\\(")):
        read_document(text)


def test_read_takes_words_as_people_mean_them():
    found = read_document("a: no\nb: 09:00\nc: 2026-12-01\nd: true\ne: 010\nf: 1.5\ng: ~\nh: 12\n")
    assert found == {
        "a": "no", "b": "09:00", "c": "2026-12-01", "d": True, "e": "010", "f": 1.5, "g": None, "h": 12,
    }  # fmt: skip
    assert read_document(write_document(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- x: 1",
        "  lead",
        "tail ",
        "a\nb",
        "a\n\n b\n",
        "a \nb",
        "'",
        '"',
        "{{ x }}",
        "null",
        "1",
        "é\u2028x",
        "#a: b",
    ],
)
def test_write_and_read_give_the_same_text(text):
    document = {"bundle": 1, "blocks": [{"body": text, "x": {"y": {"z": text}}}]}
    written = write_document(document)
    assert read_document(written) == document
    assert write_document(read_document(written)) == written


def cart(**changes):
    document = copy.deepcopy(template("abandoned-cart").document)
    document.update(changes)
    return document


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d["signals"][0].update(condition={"event": 7}), "signals[0].condition.event"),
        (lambda d: d["signals"][0].update(key={"event": "x"}), "signals[0].key"),
        (lambda d: d["signals"][0].update(kind="context"), "signals[0].condition"),
        (lambda d: d["signals"][0].update(condition={"signal": "cart-waiting"}), "signals[0].condition"),
        (lambda d: d["journeys"][0]["steps"][2].update(block="nothing"), "journeys[0].steps[2].block"),
        (lambda d: d["journeys"][0]["entry"].update(signal="nothing"), "journeys[0].entry.signal"),
        (lambda d: d["blocks"][0]["variants"]["en"].update(body="{% if x %}"), "blocks[0]"),
        (lambda d: d.update(stages=["party"]), "stages[0]"),
        (lambda d: d.update(segments=[{"slug": "x", "name": {"en": "a", "de": "b"}}]), "segments[0].condition"),
        (lambda d: d.update(offers=[{"slug": "x", "name": {"en": "a", "de": "b"}, "kind": "love"}]), ""),
    ],
)  # fmt: skip
def test_import_of_something_wrong_inside_writes_nothing(change, path):
    document = cart()
    change(document)
    with pytest.raises(InvalidBundle) as caught:
        import_bundle(document=document, by=None, now=NOW)
    assert path in [problem.path for problem in caught.value.problems]
    for model in (Attribute, EventType, Segment, Signal, Block, Offer, Journey):
        assert not model.objects.exists()


@pytest.mark.django_db
def test_rehearsal_finds_the_same_and_writes_nothing():
    assert rehearse_bundle(document=cart(), now=NOW).changes
    assert not Journey.objects.exists()
    assert not Signal.objects.exists()


@pytest.mark.django_db
def test_attribute_of_another_type_is_a_conflict():
    import_bundle(document=template("loyalty").document, by=None, now=NOW)
    document = copy.deepcopy(template("loyalty").document)
    document["attributes"][0] = {"key": "loyalty_state", "name": {"en": "Loyalty", "de": "Treue"}, "kind": "number"}
    (change,) = [change for change in compare(document) if change.state == "conflict"]
    assert (change.key, change.why) == ("attribute:loyalty_state", "It is of another kind here: choice → number.")


@pytest.mark.django_db
def test_offers_go_out_and_come_in_with_the_journey():
    offer = {"slug": "ten", "kind": "discount", "state": "draft", "name": {"en": "Ten", "de": "Zehn"}, "value": "10"}
    document = cart(offers=[offer])
    steps = document["journeys"][0]["steps"]
    name = {"en": "Offer", "de": "Angebot"}
    steps.insert(1, {"key": "offer", "kind": "offer", "name": name, "offer": "ten", "next": "patience"})
    import_bundle(document=document, by=None, now=NOW, approved=True)
    text = write_document(bundle_of(["cart-reminder"]))
    assert Offer.objects.get().value == 10
    assert {change.state for change in compare(read_document(text))} == {"same"}
    assert write_document(bundle_of(["cart-reminder"])) == text
    assert "offers:\n  - {slug: ten, kind: discount, state: draft" in text


@pytest.mark.django_db
def test_problems_of_something_that_is_no_file():
    assert [problem.path for problem in problems_of(document=[1])] == [""]
    assert [problem.path for problem in problems_of(document={"bundle": 1, "journeys": 7})] == ["journeys"]
    twice = {"bundle": 1, "journeys": [], "stages": [], "event_types": [{"slug": "a"}, {"slug": "a"}]}
    assert "event_types[1].slug" in [problem.path for problem in problems_of(document=twice)]


def run(*args):
    out = io.StringIO()
    call_command("journeys", *args, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_command_dry_run_draft_and_decisions(tmp_path):
    file = tmp_path / "cart.yaml"
    file.write_text(write_document(cart()))
    assert "+ signal:cart-waiting new" in run("import", str(file), "--dry-run")
    assert not Journey.objects.exists()
    assert "cart-reminder version 1 is a draft" in run("import", str(file), "--draft")
    assert set(Block.objects.values_list("state", flat=True)) == {"in_review"}
    other = cart()
    other["journeys"][0]["slug"] = "second"
    file.write_text(write_document(other))
    run("import", str(file), "--draft")
    other["signals"][0]["cooldown"] = "7d"
    file.write_text(write_document(other))
    with pytest.raises(CommandError, match="decide with --take or --keep"):
        run("import", str(file), "--draft")
    run("import", str(file), "--draft", "--keep")
    assert Signal.objects.get().cooldown.days == 30
    run("import", str(file), "--draft", "--take")
    assert Signal.objects.get().cooldown.days == 7
    assert Version.objects.filter(published_at=None).count() == 2
    with pytest.raises(CommandError, match="there is no journey"):
        run("export", "party")
