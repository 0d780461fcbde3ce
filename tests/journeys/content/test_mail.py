"""Liquid and MJML in a sandbox: what authors may write, what values may not do, and where growth ends."""

import time
from typing import NamedTuple

import pytest

from journeys.content import mail, rendering, sandbox
from journeys.content.rules import ContentProblem, choose_language, one_line

FRAME = {
    "language": "en",
    "sender": "Nordlicht",
    "why": "Because you agreed.",
    "unsubscribe_url": "https://n.example/u/1/",
    "unsubscribe_label": "Unsubscribe",
    "imprint": ["Nordlicht GmbH", "Flensburg"],
}


class Read(NamedTuple):
    subject: str
    html: str
    text: str


def made(body, subject="Hello", rewrite=str, **values):
    parts = mail.compiled(subject, "", body)
    filled_in = rendering.Mail(*mail.render(parts, {**sandbox.plain(values), "mail": FRAME}))
    return Read(filled_in.subject, filled_in.page(rewrite), filled_in.plain(rewrite))


def filled(source, **values):
    return sandbox.fill(sandbox.parse(source, sandbox.Sandbox(autoescape=False)), sandbox.plain(values))


def test_render_has_frame_unsubscribe_and_text_part():
    got = made("<mj-text><h1>Light</h1><p>for {{ contact.first_name }}</p></mj-text>", contact={"first_name": "Anna"})
    for part in (got.html, got.text):
        for said in ("Light", "for Anna", "Because you agreed.", "https://n.example/u/1/", "Nordlicht GmbH"):
            assert said in part
    assert "mj-" not in got.html.replace("mj-column", "").replace("mj-outlook", "")
    assert "<" not in got.text


def test_render_liquid_works_between_components_in_attributes_and_in_tables():
    body = """
        {% if contact.vip %}<mj-text>VIP</mj-text>{% else %}<mj-text>plain</mj-text>{% endif %}
        <mj-button href="{{ shop_url }}/cart?id={{ run.key | url_encode }}&amp;x=1">Go</mj-button>
        <mj-image src="{{ shop_url }}/{{ run.key }}.png" alt="{{ contact.first_name | default: 'lamp' }}" />
        <mj-table>{% for line in run.lines %}<tr><td>{{ line.name }}</td><td>{{ line.price | money: "EUR" }}</td></tr>{% endfor %}</mj-table>
    """
    lines = [{"name": "Lamp", "price": 10}, {"name": "Bulb", "price": "2.5"}]
    got = made(body, contact={"vip": True}, shop_url="https://s.example", run={"key": "a b", "lines": lines})
    assert "VIP" in got.html
    assert "plain" not in got.html
    assert 'href="https://s.example/cart?id=a+b&amp;x=1"' in got.html
    assert 'alt="lamp"' in got.html
    assert got.html.count("<tr><td") >= 2
    assert "Lamp €10.00" in got.text
    assert "Bulb €2.50" in got.text
    assert "Go: https://s.example/cart?id=a+b&x=1" in got.text
    assert "liquidslot" not in got.html + got.text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7 | times: 7 }}", "{% if %}", "\u202eevil"]
)
def test_render_value_of_a_person_stays_text(name):
    body = '<mj-text>Hi {{ contact.first_name }}</mj-text><mj-image src="https://s.example/a.png" alt="{{ contact.first_name }}" />'
    got = made(body, subject="Hi {{ contact.first_name }}", contact={"first_name": name})
    assert "<script>alert" not in got.html
    assert "<img src=x" not in got.html
    assert "49" not in got.text
    assert name in got.text
    assert got.subject == f"Hi {name}"


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\x00", "\u2028", "\u2029", "\x85", "\x0b"])
def test_render_subject_is_one_line_whatever_a_value_holds(bad):
    got = made(
        "<mj-text>x</mj-text>",
        subject="Hi {{ contact.first_name }}",
        contact={"first_name": f"A{bad}Bcc: all@x.example"},
    )
    assert len(got.subject.splitlines()) == 1
    assert "\x00" not in got.subject
    assert len(one_line("x" * 5000)) == 500


@pytest.mark.parametrize("subject", ["", "{{ contact.nothing }}", "\u2028"])
def test_render_empty_subject_is_a_problem(subject):
    with pytest.raises(ContentProblem, match="subject"):
        made("<mj-text>x</mj-text>", subject=subject)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVa\tScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"]
)
def test_render_dangerous_link_goes_nowhere(url):
    got = made('<mj-button href="{{ u }}">Go</mj-button><mj-text><a href="{{ u }}">x</a></mj-text>', u=url)
    assert got.html.count('href="#"') == 2
    assert ":alert" not in got.html
    assert "passwd" not in got.text


def test_render_rewrites_web_links_in_both_parts_and_no_others():
    body = '<mj-button href="https://a.example/?x=1&amp;y=2">A</mj-button><mj-text><a href="mailto:a@b.example">M</a></mj-text>'
    seen = []

    def rewrite(url):
        seen.append(url)
        return "https://t.example/c/1"

    got = made(body, rewrite=rewrite)
    assert set(seen) == {"https://a.example/?x=1&y=2", "https://n.example/u/1/"}
    assert "A: https://t.example/c/1" in got.text
    assert "https://a.example" not in got.html
    assert "mailto:a@b.example" in got.html


@pytest.mark.parametrize(
    "body",
    [
        "<mj-text>{% if x %}</mj-text>",
        "<mj-text>{{ x | nope }}</mj-text>",
        "<mj-text>{% include 'x' %}</mj-text>",
        "<mj-text>{% render 'x' %}</mj-text>",
        "<mj-text>{{ x | safe }}</mj-text>",
        "<mj-text>",
        "plain text between",
        "{{ contact.first_name }}",
        "</mj-column></mj-section>",
        "<mj-include path='/etc/passwd' />",
        "<mj-text><script>x</script></mj-text>",
        "<mj-text " + "{% if a %}" + "x='1'{% endif %}>y</mj-text>",
        "<mj-text>liquidslot0x</mj-text>",
        "<mj-text>\x02x\x03</mj-text>",
        "<mj-text>" + "x" * 70_000 + "</mj-text>",
        "<mj-text>{{ x" + " | upcase" * 21 + " }}</mj-text>",
        "<mj-text>" + "{% if a %}" * 300 + "x" + "{% endif %}" * 300 + "</mj-text>",
    ],
)
def test_compiled_refuses_what_cannot_be_sent(body):
    with pytest.raises(ContentProblem):
        mail.compiled("Hello", "", body)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}",
        "{{ (1..100000000) | join: ',' }}",
        "{% capture a %}xxxxxxxxxx{% endcapture %}{% for i in (1..100) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxxxxxxxxxxxx' %}" + "{% assign a = a | replace: 'x', a %}" * 8,
        "{% assign a = 'xxxxxxxxxxxxxxxxxxxx' %}{{ a" + " | replace: '', a" * 18 + " }}",
        "{% assign a = 9 %}{% for i in (1..100) %}{% assign a = a | times: a %}{% endfor %}{{ a }}",
        "{% for i in (1..2000) %}" + "x" * 500 + "{% endfor %}",
        "{{ 1 | divided_by: 0 }}",
        "{{ big | split: '' | join: big }}",
    ],
)
def test_fill_ends_growth_quickly_with_a_problem(source):
    start = time.thread_time()  # of the processor: what the rest of the machine does counts for nothing
    with pytest.raises(ContentProblem):
        filled(source, big="y" * 30_000)
    assert time.thread_time() - start < 30  # growth without an end takes minutes


@pytest.mark.parametrize(
    "source",
    [
        "{{ a.__class__ }}",
        "{{ a.keys }}",
        "{{ a.b.c.d }}",
        "{{ missing }}",
        "{{ 'x' | date: '%9999999d' | size | minus: 1 }}{% if 0 %}{% endif %}",
    ],
)
def test_fill_missing_or_hidden_value_prints_nothing_of_it(source):
    assert filled(source, a={"b": {}}) in ("", "0")


@pytest.mark.parametrize(
    ("language", "said"), [("de", "1.234,50 €|2. März 2026|1.234,5"), ("en", "€1,234.50|March 2, 2026|1,234.5")]
)
def test_fill_money_date_and_number_speak_the_language(language, said):
    source = "{{ 1234.5 | money }}|{{ '2026-03-02T10:00:00Z' | date: 'long' }}|{{ 1234.5 | number }}"
    assert filled(source, mail={"language": language}).replace("\xa0", " ") == said


def test_plain_leaves_objects_and_depth_behind():
    deep = {}
    deep["self"] = deep
    got = sandbox.plain(
        {"o": object(), "f": len, "n": None, "e": "", "d": deep, "s": "a\ud800\x00b", "l": [1, object()]}
    )
    assert set(got) == {"d", "s", "l"}
    assert got["s"] == "ab"


@pytest.mark.parametrize(
    ("wanted", "present", "got"),
    [
        ("de", ["en", "de"], "de"),
        ("de", ["en"], "en"),
        ("en", ["de"], "de"),
        ("fr", ["en", "de"], "en"),
        ("en", ["fr"], "fr"),
        ("en", [], None),
    ],
)
def test_choose_language(wanted, present, got):
    assert choose_language(wanted, present) == got
