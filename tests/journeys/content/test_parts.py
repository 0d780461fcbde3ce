"""Parts become MJML, values without a fallback are found, and text messages are counted, without a database."""

import pytest

from journeys.content import mail
from journeys.content.fallbacks import uncaught
from journeys.content.parts import MOST_PARTS, Picture, body_of, changed, clean_parts
from journeys.content.rules import choose_key, harmful_links, sms_length

ALL = [
    {"kind": "heading", "text": 'Hi {{ contact.first_name | default: "you" }} <3'},
    {"kind": "text", "text": "one **two** & [go](https://x.example/?a=1&b={{ run.key }})\nthree\n\n- x\n- y"},
    {"kind": "button", "text": "Go", "url": '{{ shop_url }}/?a="b'},
    {"kind": "quote", "text": "nice", "by": "Ann"},
    {"kind": "lines", "list": "run.evidence.lines", "label": "name", "amount": "price"},
    {"kind": "divider"},
    {"kind": "image", "image": "abc", "link": ""},
    {"kind": "image", "image": "gone"},
    {"kind": "mjml", "text": "<mj-spacer />"},
]


def test_body_of_every_kind_is_mjml_that_can_be_sent():
    body = body_of(clean_parts(ALL), {"abc": Picture("https://x.example/a.png", 'A "lamp"', 300)})
    for said in (
        'you" }} &lt;3</h1>',
        '<strong>two</strong> &amp; <a href="https://x.example/?a=1&amp;b={{ run.key }}">go</a><br />three',
        "<ul><li>x</li><li>y</li></ul>",
        'href="{{ shop_url }}/?a=&quot;b"',
        "{% for line in run.evidence.lines limit: 20 %}",
        'alt="A &quot;lamp&quot;" width="300px"',
        "<mj-spacer />",
    ):
        assert said in body
    mail.compiled("Hi", "", body)


@pytest.mark.parametrize(
    "text", ["<script>x</script>", "</mj-text><mj-raw>", "]]>", "\x02 0\x03", "[x](javascript:1)", "**", "&amp;"]
)
def test_body_of_odd_text_stays_text(text):
    for kind in ("heading", "text", "quote"):
        body = body_of(clean_parts([{"kind": kind, "text": text, "by": text}]), {})
        assert "<script" not in body
        assert "<mj-raw" not in body
        mail.compiled("Hi", "", body)


@pytest.mark.parametrize(
    "wrong",
    [
        "text",
        [{"kind": "script"}],
        [{}],
        ["x"],
        [{"kind": "divider"}] * (MOST_PARTS + 1),
        [{"kind": "lines", "list": "a | b"}],
    ],
)
def test_clean_parts_of_something_else_is_refused(wrong):
    with pytest.raises(ValueError, match="parts"):
        clean_parts(wrong)


def test_clean_parts_gives_every_part_an_id_of_its_own():
    assert [
        part["id"]
        for part in clean_parts([{"kind": "divider", "id": 4}, {"kind": "divider", "id": 4}, {"kind": "divider"}])
    ] == [4, 5, 6]


@pytest.mark.parametrize("do", ["up:1", "down:2", "up:9", "remove:x", "add:script", "", "copy"])
def test_changed_at_the_ends_or_by_nonsense_changes_nothing(do):
    parts = clean_parts([{"kind": "divider"}, {"kind": "text"}])
    assert changed(parts, do) == parts


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("{{ contact.first_name }}", ["contact.first_name"]),
        ('{{ contact.first_name | default: "x" }}', []),
        ('{{ contact.first_name | upcase | default: "x" }}', []),
        ("{% if contact.first_name %}{{ contact.first_name }}{% endif %}", []),
        ("{% if contact.vip %}{{ contact.last_name }}{% endif %}", ["contact.last_name"]),
        ("{% if contact.a or contact.b %}{{ contact.a }}{% endif %}", ["contact.a"]),
        ("{% if contact.a and contact.b %}{{ contact.a }}{% endif %}", []),
        ("{% if contact.a != blank %}{{ contact.a }}{% endif %}", []),
        ("{% if contact.a != 'x' %}{{ contact.a }}{% endif %}", ["contact.a"]),
        (
            "{% if contact.a == 'x' %}{{ contact.a }}{% elsif contact.b %}{{ contact.b }}{% else %}{{ contact.c }}{% endif %}",
            ["contact.c"],
        ),
        ("{% unless contact.a %}x{% else %}{{ contact.a }}{% endunless %}", []),
        ("{% if contact.n > 3 %}{{ contact.n }}{% endif %}", []),
        ("{% case contact.t %}{% when 'a' %}{{ contact.t }}{% else %}{{ contact.t }}{% endcase %}", ["contact.t"]),
        (
            "{% for line in run.evidence.lines %}{{ line.name }}{{ forloop.index }}{{ contact.name }}{% endfor %}",
            ["contact.name"],
        ),
        ("{% assign n = contact.first_name %}{{ n }}", ["contact.first_name"]),
        ("{% assign n = contact.first_name | default: 'x' %}{{ n }}", []),
        ("{% capture a %}{{ contact.k }}{% endcapture %}{{ a }}", ["contact.k"]),
        ('{{ contact.attributes["a b"] }}{% echo contact.q %}', ["contact.attributes['a b']", "contact.q"]),
        ("{{ shop_url }}{{ journey.name }}{{ contact.language }}{{ 'text' }}", []),
    ],
)
def test_uncaught_finds_what_may_print_nothing(source, missing):
    assert uncaught(source) == missing


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", ("GSM-7", 0, 0, 160)),
        ("a" * 160, ("GSM-7", 160, 1, 160)),
        ("a" * 161, ("GSM-7", 161, 2, 306)),
        ("€" * 80, ("GSM-7", 160, 1, 160)),
        ("äöüßÄÖÜ", ("GSM-7", 7, 1, 160)),
        ("„Moin“", ("UCS-2", 6, 1, 70)),
        ("😀" * 36, ("UCS-2", 72, 2, 134)),
        ("ç" * 71, ("UCS-2", 71, 2, 134)),
    ],
)
def test_sms_length(text, length):
    assert tuple(sms_length(text)) == length


@pytest.mark.parametrize(
    ("body", "harmful"),
    [
        ('<a href="javascript:alert(1)">', 1),
        ("<a href='JaVa\tScript:alert(1)'>", 1),
        ('<a href="&#106;avascript:alert(1)">', 1),
        ('<mj-button href="data:text/html,x">', 1),
        (
            '<a href="{{ shop_url }}/a:b"><a href="https://x.example"><a href="mailto:a@b"><a href="tel:1"><a href="#x"><a href="/a:b">',
            0,
        ),
    ],
)
def test_harmful_links(body, harmful):
    assert len(harmful_links(body)) == harmful


def test_choose_key_prefers_the_language_to_the_arm():
    present = [("email", "en", "b"), ("email", "de", "")]
    assert choose_key(present, "email", "de", "b") == ("email", "de", "")
    assert choose_key(present, "email", "en", "b") == ("email", "en", "b")
    assert choose_key(present, "email", "en", "a") == ("email", "de", "")
    assert choose_key([("email", "en", "b")], "email", "en", "") is None
