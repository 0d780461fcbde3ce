"""The parts of a text, and the addresses that may stand in a page."""

import pytest

from orchestrator.channels.slots.rules import Sources, shown, split_text, web_address


def test_split_text_takes_the_first_button_and_picture_out():
    body = "One\n![a](https://x.example/a.png)\n[Go](https://x.example/{{ run.key }}?a=(b))\nTwo\n[More](https://y.example)"
    assert split_text("T", body) == Sources(
        "T",
        "One\nTwo\n[More](https://y.example)",
        "Go",
        "https://x.example/{{ run.key }}?a=(b)",
        "a",
        "https://x.example/a.png",
    )


def test_split_text_leaves_a_link_within_a_line_as_text():
    assert split_text("", "See [here](https://x.example) please").url == ""


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "//x.example/a", "/a", "ftp://x.example", "https:///a",
        "https://x.example/a b", "https://x.example/\na", "https://x.example/\"onload", "http://[::1", "", "https://x.example/" + "a" * 2000,
        "java\tscript:alert(1)", "vbscript:x", "https:\\\\x.example",
    ],
)  # fmt: skip
def test_web_address_takes_nothing_else(given):
    assert web_address(given) == ""


@pytest.mark.parametrize("given", ["https://x.example/", "http://127.0.0.1:8000/a?b=c#d", " HTTPS://X.example/ü "])
def test_web_address_takes_addresses_of_the_web(given):
    assert web_address(given) == given.strip()


def test_shown_has_a_label_wherever_it_has_a_button():
    assert shown(Sources("T", "t", "", "https://x.example/"))["button"] == {
        "label": "https://x.example/",
        "url": "https://x.example/",
    }
