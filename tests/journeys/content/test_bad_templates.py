"""Bad texts, 97 to 112 of promises.md section 12, and payloads of other template languages, which evaluate nothing."""

import re
from datetime import UTC, datetime

import pytest

from contacts.models import Contact
from journeys.content.parts import Picture, body_of
from journeys.content.previewing import look
from journeys.content.rendering import ROOT, Job, check_text, render_many, render_texts
from journeys.content.rules import ContentProblem
from journeys.models import Block
from orchestrator.channels.queries import LINKS_LIMIT, Links
from tests.journeys.content.test_mail import FRAME
from tests.waiting import HUNG

OK = "https://a.example/"
CLEAN = {"contact": {"first_name": "Anna", "name": "Anna Berg", "attributes": {"plan": "pro"}}, "run": {"key": "c1"}}


def mail(subject="Hello", preheader="", body="<mj-text>x</mj-text>", **values):
    """One filled mail, or the problem it is."""
    return render_many([Job("mail", (subject, preheader, body), {**CLEAN, "mail": FRAME, **values})])[0]


def plain(source, **values):
    return render_many([Job("texts", (source,), {**CLEAN, **values})])[0]


def in_time(make):
    """What is made, by a child that ended it by itself: none was given up after a time."""
    made = make()
    assert not (isinstance(made, ContentProblem) and f"more than {HUNG:.0f} seconds" in str(made))
    return made


@pytest.mark.parametrize(
    ("number", "source", "words"),
    [
        (97, "{% if contact.name %}never closed", "if"),
        (97, "{{ contact.name", ""),
        (97, "{% for a in b %}{% endif %}", ""),
        (98, "{{ contact.name | shell }}", "unknown filter shell"),
        (98, "{% if 0 %}{{ a | nope }}{% endif %}", "unknown filter nope"),
        (100, "{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}", "limit"),
        (100, "{% for i in (1..100000000000) %}{{ i }}{% endfor %}", "limit"),
        (101, "{{ 'xxxxxxxxxx'" + " | replace: 'x', 'xxxxxxxxxx'" * 8 + " }}", "32768"),
        (101, "{{ 'x'" + " | append: 'x'" * 21 + " }}", "20 filters"),
        (101, "{% assign a = 'x'" + " | append: 'x'" * 21 + " %}", "20 filters"),
        (
            102,
            "{% capture a %}xxxxxxxxxx{% endcapture %}"
            + "{% for i in (1..40) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}",
            "limit",
        ),
        (103, "{% if a %}" * 3000 + "x" + "{% endif %}" * 3000, "nest"),
        (104, "{% include '/etc/passwd' %}", "include"),
        (104, "{% render 'settings.py' %}", "render"),
        (104, "{% layout 'x' %}", "layout"),
        (104, "{% extends 'x' %}{% block a %}{% endblock %}", "extends"),
        (107, "{{ 1 | divided_by: 0 }}", "divide"),
        (107, "{{ 1 | modulo: 0 }}", ""),
        (107, "{{ 1.0 | divided_by: 0.0 }}", "divi"),
    ],
)
def test_text_that_cannot_be_filled_is_a_problem_with_words_in_time(number, source, words):
    made = in_time(lambda: plain(source))
    if number == 97 and isinstance(made, list):
        assert made == [source]  # a bracket that is never closed is plain text
        return
    assert isinstance(made, ContentProblem)
    assert words in str(made)
    for one in ({"subject": source}, {"preheader": source}, {"body": f"<mj-text>{source}</mj-text>"}):
        assert isinstance(in_time(lambda one=one: mail(**one)), ContentProblem)


@pytest.mark.parametrize(
    ("number", "source"),
    [
        (99, "{{ nothing }}"),
        (99, "{{ contact.nothing.at.all }}"),
        (99, "{{ settings.SECRET_KEY }}"),
        (105, "{{ contact.__class__ }}"),
        (105, "{{ contact.__class__.__mro__ }}"),
        (105, "{{ contact['__init__']['__globals__'] }}"),
        (105, "{{ contact.first_name.__class__ }}"),
        (105, "{{ contact | map: '__class__' }}"),
        (105, "{{ contact.keys }}{{ contact.items }}{{ contact.get }}"),
        (106, "{{ nothing | date: '%9999999d' }}"),
        (110, "{{ contact.last_name }}"),
    ],
)
def test_what_is_not_there_prints_nothing(number, source):
    assert plain(source) == [""]


@pytest.mark.parametrize(
    ("number", "source", "printed"),
    [
        (106, "{{ '2026-03-02' | date: '%9999999d' }}", "Mar 2, 2026"),
        (106, "{{ 'now' | date: '%9999999Y' }}", "now"),
        (110, "Hi {{ contact.last_name | default: 'you' }}", "Hi you"),
    ],
)
def test_what_is_odd_prints_something_harmless(number, source, printed):
    assert plain(source) == [printed]


def test_unknown_and_missing_values_99_110_are_listed_before_anything_is_sent():
    (said,) = check_text(["{{ nope.a }} {{ contact.first_name }} {{ contact.last_name | default: 'x' }}"], {})
    assert said.names == ["contact.first_name", "contact.last_name", "nope.a"]
    assert len(said.missing) == 2


@pytest.mark.parametrize(
    "name",
    [
        "{{7*7}}",
        "{{ 7 | times: 7 }}",
        "{% if 1 %}49{% endif %}",
        "<script>alert(49)</script>",
        '"><img src=x onerror=y>',
    ],
)
def test_value_108_is_never_evaluated_again(name):
    body = (
        "<mj-text>{{ contact.first_name }}{% capture a %}{{ contact.first_name }}{% endcapture %}{{ a }}</mj-text>"
        "<mj-button href='https://a.example/{{ contact.first_name | url_encode }}'>{{ contact.first_name }}</mj-button>"
    )
    made = mail(subject="{{ contact.first_name }}", body=body, contact={"first_name": name})
    assert made.subject == name
    assert name in made.plain()
    assert "<script>" not in made.page()
    assert "<img src=x" not in made.page()
    if "7" in name:
        assert "49" not in made.page()
        assert "49" not in made.plain().replace(name, "")


@pytest.mark.parametrize("name", ["\u202eevil", "a\u200bb", "👩\u200d👩\u200d👧", "é" * 3000, "a" + "\u0301" * 30_000])
def test_odd_letters_109_of_a_name_stay_as_they_are_or_are_a_problem(name):
    made = in_time(lambda: mail(subject="Hi {{ contact.first_name }}", contact={"first_name": name}))
    assert made.subject == f"Hi {name}"[:500]
    huge = in_time(
        lambda: mail(body="<mj-text>{{ contact.first_name }}</mj-text>", contact={"first_name": "\u0301" * 500_000})
    )
    assert isinstance(huge, ContentProblem)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVa\tScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example"]
)
def test_link_111_that_is_none_of_the_web_goes_nowhere(url):
    made = mail(body="<mj-button href='{{ u }}'>x</mj-button><mj-text><a href='{{ u }}'>y</a></mj-text>", u=url)
    assert made.html[1::2][:2] == ["#", "#"]
    literal = mail(body=f"<mj-text><a href='{url}'>y</a></mj-text>")
    assert literal.html[1::2][0] == "#"


def test_links_111_ten_thousand_keep_at_most_a_thousand_targets():
    body = "<mj-text>{% for i in (1..1100) %}<a href='https://a.example/{{ i }}'>x</a>{% endfor %}</mj-text>"
    made = in_time(lambda: mail(body=body))
    links = Links(1, True)
    made.page(links.rewrite)
    assert len(links.rows()) == LINKS_LIMIT
    too_many = in_time(lambda: mail(body="<mj-text>" + "<a href='https://a.example'>x</a>" * 10_000 + "</mj-text>"))
    assert isinstance(too_many, ContentProblem)


def test_unsubscribe_111_stands_in_the_frame_whatever_the_body_is():
    made = mail(body="<mj-text>nothing of it</mj-text>")
    assert FRAME["unsubscribe_url"] in made.html[1::2]
    assert FRAME["unsubscribe_url"] in made.text[1::2]


@pytest.mark.parametrize(
    ("number", "subject", "got"),
    [
        (112, "", None),
        (112, " \r\n ", None),
        (112, "{{ nothing }}", None),
        (112, "x" * 1000, "x" * 500),
        (112, "a\r\nBcc: all@evil.example", "a Bcc: all@evil.example"),
        (112, "a\u2028b\x00c", "a b c"),
    ],
)
def test_subject_is_one_line_or_a_problem(number, subject, got):
    made = mail(subject=subject)
    assert isinstance(made, ContentProblem) if got is None else made.subject == got


PAYLOADS = [
    # Jinja, Twig, Nunjucks
    "{{7*7}}",
    "{{7*'7'}}",
    "{{ 7 ** 2 }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ request.application.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id') }}",
    "{% import os %}{{ os.popen('id') }}",
    "{% set a = 49 %}{{ a }}",
    "{% raw %}{{ 49 }}{% endraw %}",
    "{{ _self.env.registerUndefinedFilterCallback('exec') }}",
    "{{ ['id']|filter('system') }}",
    "{{ ['id']|map('passthru')|join }}",
    "{{ app.request.server.all|join(',') }}",
    "{{ dump(app) }}",
    "{{ include('/etc/passwd') }}",
    "{{ source('/etc/passwd') }}",
    "{{ range.constructor('return global.process')() }}",
    # Go
    "{{ env `SECRET_KEY` }}",
    '{{ env "HOME" }}',
    "{{ . }}",
    "{{ .Env }}",
    "{{ printf `%v` . }}",
    '{{ printf "%d" 49 }}',
    "{{ call .Func }}",
    '{{define "x"}}49{{end}}{{template "x"}}',
    # ERB, EJS, Smarty, Mako
    "<%= 7*7 %>",
    "<%= `id` %>",
    "<% system('id') %>",
    "<%- global.process.env %>",
    "{php}echo 49;{/php}",
    "{$smarty.version}",
    "{system('id')}",
    "${7*7}",
    "<% import os %>${os.popen('id').read()}",
    # Django
    "{% load log %}{% get_admin_log 10 as x %}",
    "{% debug %}",
    "{% include '/etc/passwd' %}",
    "{{ settings.SECRET_KEY }}",
    "{% csrf_token %}",
    "{{ messages.storages.0.signer.key }}",
    # Liquid itself
    "{{ contact.__class__ }}",
    "{% render 'x' %}",
    "{% liquid\nassign a = 49\necho a %}",
    "{% tablerow i in (1..3) %}{{ i }}{% endtablerow %}",
    "{{ 'NDk=' | base64_decode }}",
    "{{ '<b>' | safe }}",
    # f-strings and format
    "{contact.__class__}",
    "{0.__class__.__init__.__globals__}",
    "%(SECRET_KEY)s",
    "{contact!r:>49}",
    # SpEL, OGNL, Velocity, Freemarker, Thymeleaf, Handlebars, Pug
    "${T(java.lang.Runtime).getRuntime().exec('id')}",
    "#{7*7}",
    "*{7*7}",
    "__${7*7}__::.x",
    "#set($x=7*7)$x",
    "$class.inspect('java.lang.Runtime').type",
    "<#assign x=7*7>${x}",
    '<#assign ex="freemarker.template.utility.Execute"?new()>${ex("id")}',
    "[[${7*7}]]",
    "%{(#a=7*7)}",
    "{{#with 's' as |string|}}{{string.constructor}}{{/with}}",
    "{{constructor.constructor('return 49')()}}",
    "= 7*7",
    "@(7*7)",
]


def nothing_evaluated(source, got):
    """What came out is the text itself or less; 49, ids, keys and objects are not in it."""
    for evaluated in (
        "49",
        "7777777",
        "uid=",
        "root:",
        "SECRET",
        "django-insecure",
        "<class",
        "<function",
        "object at",
    ):
        assert evaluated not in got or evaluated in source, got
    if "49" not in source:
        assert "49" not in got


@pytest.mark.parametrize("source", PAYLOADS)
def test_payload_in_a_plain_text_evaluates_nothing(source):
    """SMS, push, webhook bodies, links: whatever is filled as plain text."""
    made = plain(source)
    if isinstance(made, ContentProblem):
        return
    nothing_evaluated(source, made[0])
    if "{{" not in source and "{%" not in source:
        assert made == [source]


@pytest.mark.parametrize("source", PAYLOADS)
@pytest.mark.parametrize("field", ["subject", "preheader", "body", "button", "link", "alt", "button_text", "table"])
def test_payload_in_a_mail_evaluates_nothing(field, source):
    bodies = {
        "body": f"<mj-text>{source}</mj-text>",
        "button": f'<mj-button href="https://a.example/{source.replace(chr(34), "&quot;")}">x</mj-button>',
        "link": f'<mj-text><a href="{source.replace(chr(34), "&quot;")}">x</a></mj-text>',
        "alt": f'<mj-image src="https://a.example/a.png" alt="{source.replace(chr(34), "&quot;")}" />',
        "button_text": f"<mj-button href='https://a.example'>{source}</mj-button>",
        "table": f"<mj-table><tr><td>{source}</td></tr></mj-table>",
    }
    empty = mail(body="<mj-text>1</mj-text>")
    made = mail(**({"body": bodies[field]} if field in bodies else {field: source or "x"}))
    if isinstance(made, ContentProblem):
        return
    for got, frame in ((made.page(), empty.page()), (made.plain(), empty.plain()), (made.subject, "")):
        if "49" not in frame:
            nothing_evaluated(source, got)
    if "{{" not in source and "{%" not in source and field == "subject":
        assert made.subject == source


@pytest.mark.parametrize("source", PAYLOADS)
def test_payload_as_a_value_stays_a_value(source):
    assert render_texts(["{{ contact.first_name }}"], {"contact": {"first_name": source}}) == [source]
    made = mail(subject="Hi {{ contact.first_name }}", contact={"first_name": source})
    assert made.subject == "Hi " + " ".join(source.split())


PARTS = [
    {"kind": "heading", "text": "{}"},
    {"kind": "text", "text": "{}"},
    {"kind": "text", "text": "[link]({})"},
    {"kind": "button", "text": "{}", "url": "https://a.example/"},
    {"kind": "button", "text": "x", "url": "https://a.example/{}"},
    {"kind": "quote", "text": "{}", "by": "{}"},
    {"kind": "image", "image": "1", "link": "{}"},
    {"kind": "lines", "list": "{}", "label": "{}", "amount": "{}"},
    {"kind": "mjml", "text": "<mj-text>{}</mj-text>"},
]


@pytest.mark.parametrize("source", PAYLOADS)
@pytest.mark.parametrize("place", range(len(PARTS)))
def test_payload_in_a_part_evaluates_nothing(place, source):
    part = {key: value.replace("{}", source) for key, value in PARTS[place].items()}
    body = body_of([part], {"1": Picture("https://a.example/1.png", source, 100)})
    made, frame = mail(body=body), mail(body="<mj-text>1</mj-text>").page()
    if body and not isinstance(made, ContentProblem):
        for got in (made.page(), made.plain()):
            if "49" not in frame:
                nothing_evaluated(source, got)


@pytest.mark.django_db
@pytest.mark.parametrize("source", PAYLOADS)
def test_payload_in_a_preview_evaluates_nothing(source):
    now = datetime(2026, 3, 2, tzinfo=UTC)
    block = Block(slug="b", name_en="B", name_de="B", phase="purchase")
    person = Contact(pk=1, first_name=source, email="a@people.example", language="en", created_at=now, updated_at=now)
    body = f"<mj-text>{source}</mj-text>"
    for channel, text in (("email", body), ("sms", source)):
        texts = {"subject": "Hi", "preheader": source, "body": text, "parts": None}
        shown = look(block, texts | {"channel": channel, "language": "en", "arm": ""}, person)
        if not shown.failure:
            nothing_evaluated(source, shown.text.replace("+49", ""))


def test_only_the_child_fills_texts():
    """Whoever else imported the library or these modules could fill a text without limits."""
    allowed = {"child.py", "mail.py", "sandbox.py", "fallbacks.py", "queries.py"} | {
        "webhook.py",
        "parts.py",
    }  # these: plain(), LIQUID
    found = {
        path.name
        for room in ("contacts", "consent", "journeys", "reporting", "orchestrator")
        for path in (ROOT / room).rglob("*.py")
        if re.search(
            r"^(from liquid|import liquid|import mjml|from journeys.content(.sandbox)? import .*\b(mail|sandbox|LIQUID)\b)",
            path.read_text(),
            re.M,
        )
    }
    assert found <= allowed
    for name in ("journeys/content/queries.py", "journeys/content/parts.py", "journeys/steps/webhook.py"):
        assert set(re.findall(r"sandbox\.(\w+)", (ROOT / name).read_text())) <= {"plain"}


def test_there_are_sixty_payloads():
    assert len(set(PAYLOADS)) >= 60
