"""Every reason and every text for people has English and German."""

import ast
import gettext
import io
import re

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from journeys.enrollments.entering import WAITING
from journeys.enrollments.rules import CAP_PREFIX, REASONS, say_reason
from journeys.offers.rules import DECISIONS, say_decision
from orchestrator.kernel import messages
from tests.conventions.tree import files, short

ROOMS = ("journeys/", "orchestrator/arbiter/", "orchestrator/channels/")
OTHER_MEANING = ("suppress_address",)  # its reasons are choices of a table, with their own translated labels


def codes_in_sql(text: str) -> set[str]:
    """Codes that a statement writes into a column `reason`."""
    text = re.sub(r"--[^\n]*", "", text)
    cases = [part.rpartition("CASE")[2] for part in re.split(r"END\s+AS\s+reason\b", text)[:-1]]
    cases += re.findall(r"\breason\s*=\s*CASE\b(.*?)\bEND\b", text, re.S)
    found = {code for case in cases for code in re.findall(r"\b(?:THEN|ELSE)\s+'([a-z_]*)'", case)}
    return (found | set(re.findall(r"\breason\s*=\s*'([a-z_]+)'", text))) - {"", CAP_PREFIX}


def strings(node: ast.AST) -> set[str]:
    """The strings that an expression may turn out to be."""
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else set()


def codes_in_python(text: str) -> set[str]:
    """Codes that a module gives as `reason`, or as a value in a function about reasons."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] not in (*OTHER_MEANING, "Q", "filter"):
            found.update(*(strings(keyword.value) for keyword in node.keywords if keyword.arg == "reason"), set())
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "reason" for t in node.targets):
            found |= strings(node.value)
        if isinstance(node, ast.FunctionDef) and "reason" in node.name:
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and ast.unparse(n.func) == "Value" and n.args]
            found.update(*(strings(call.args[0]) for call in calls), set())
    return found


def test_reason_codes_in_use_have_a_sentence_in_both_languages():
    used: dict[str, str] = {}
    for path in files(".sql") + files(".py"):
        if short(path).startswith(ROOMS) and path.name != "rules.py":
            codes = codes_in_sql(path.read_text()) if path.suffix == ".sql" else codes_in_python(path.read_text())
            used |= dict.fromkeys(codes, short(path))
    known = {*REASONS, *DECISIONS, WAITING}  # who waits is tried again: that is kept nowhere
    assert {code: where for code, where in used.items() if code not in known} == {}
    assert {"sales_conversation", "unknown_outcome", "completed", "goal", "template_error"} <= set(used), (
        "nothing was found: did the code change its form?"
    )


def test_sentences_of_reasons_differ_by_language():
    for code in [*REASONS, "cap_week"]:
        assert say_reason(code, "en"), code
        assert say_reason(code, "en") != say_reason(code, "de"), code
    for code in DECISIONS:
        assert say_decision(code, "en") != say_decision(code, "de"), code


def test_texts_have_german():
    path = settings.LOCALE_PATHS[0] / "de" / "LC_MESSAGES" / "django.po"
    assert messages.problems(messages.read(path), messages.collect(settings.ROOT)) == []


def test_messages_reads_templates_with_plural_trimmed_and_context(tmp_path):
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    page.write_text(
        '{% load i18n %}<p>{% translate "May" context "verb" %}</p>\n'
        "   {% blocktranslate count n=k %}one {{ a }}{% plural %}{{ n }} many, 5%{% endblocktranslate %}\n"
        '{% blocktranslate trimmed %}\n  a\n  b{% endblocktranslate %} {{ _("c") }}'
    )
    found = messages.collect(tmp_path)
    assert found.get("May", "verb") is not None
    assert found.get("one %(a)s").id == ("one %(a)s", "%(n)s many, 5%%")
    assert found.get("a b") is not None
    assert found.get("c") is not None


def test_messages_tells_missing_fuzzy_unused_and_lost_places(tmp_path):
    (tmp_path / "contacts").mkdir()
    (tmp_path / "contacts" / "a.py").write_text('_("new"); _("old"); _("%(n)s here")')
    kept = messages.merge(messages.Catalog(locale="de"), messages.collect(tmp_path))
    kept.get("old").string = "alt"
    kept.get("old").flags.add("fuzzy")
    kept.get("%(n)s here").string = "%(x)s hier"
    kept.add("gone", "weg")
    wrong = messages.problems(kept, messages.collect(tmp_path))
    assert wrong == ["places differ: '%(n)s here'", "missing: 'new'", "fuzzy: 'old'", "not used: 'gone'"]
    messages.write(tmp_path / "a.po", messages.merge(kept, messages.collect(tmp_path)))
    again = messages.read(tmp_path / "a.po")
    assert again.get("old").string == "alt"
    assert again.get("gone") is None


def test_messages_compiles_what_django_reads(tmp_path):
    catalog = messages.Catalog(locale="de")
    catalog.add("one", "eins")
    catalog.add(("%(n)s day", "%(n)s days"), ("%(n)s Tag", "%(n)s Tage"))
    messages.compile_to(tmp_path / "a.mo", catalog)
    with (tmp_path / "a.mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert german.gettext("one") == "eins"
    assert german.ngettext("%(n)s day", "%(n)s days", 2) == "%(n)s Tage"


def test_messages_check_fails_when_german_is_missing(tmp_path, settings):
    settings.LOCALE_PATHS = [settings.ROOT / "var" / "no-locale"]
    with pytest.raises(CommandError, match="texts need German"):
        call_command("messages", check=True, stdout=io.StringIO())


SPOKEN = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"{]*[A-Za-z]{2}[^"{]*)"')


def spoken(page: str) -> list[str]:
    """The words of a template that stand outside of translate tags."""
    page = re.sub(r"\{%\s*(blocktranslate|comment)\b.*?\{%\s*end\1\s*%\}|\{#.*?#\}", " ", page, flags=re.S)
    attributes = SPOKEN.findall(page)
    page = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", page, flags=re.S)
    page = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>|&\w+;", " ", page, flags=re.S)
    return attributes + re.findall(r"[^\W\d_]{2,}", page)


def test_templates_say_nothing_untranslated():
    names = {"Orchestrator", "Nordlicht", "MJML"}
    pages = sorted((settings.ROOT / "templates").rglob("*.html"))
    wrong = {short(path): words for path in pages if (words := [w for w in spoken(path.read_text()) if w not in names])}
    assert wrong == {}


def test_sentences_beside_rules_come_in_both_languages():
    wrong = []
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                keys = {key.value for key, text in pairs if isinstance(key, ast.Constant) and strings(text)}
                if ("en" in keys) != ("de" in keys):
                    wrong.append(f"{short(path)}:{node.lineno}")
    assert wrong == []
