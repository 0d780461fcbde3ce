"""Webhook: calls a machine outside and waits for its answer, which may fill attributes of the person."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings as server
from django.db.models import Case, CharField, Exists, OuterRef, Value, When

from contacts.attributes.special import TAKEN
from contacts.conditions.names import Names
from contacts.conditions.parts import duration_problems
from contacts.conditions.rules import Problem, parse_duration, say_duration, show
from journeys.content.rendering import check_text
from journeys.content.sandbox import LIQUID
from journeys.enrollments.calls import ANSWER_WITHIN
from journeys.steps.base import NEXT, Kind, Known, Route, no_attribute
from journeys.steps.webhook_form import WebhookForm
from orchestrator.kernel import outward, sql
from orchestrator.kernel.scope import Scope

if TYPE_CHECKING:
    from journeys.definitions.models import Step

FAILED, TIMEOUT = "failed", "timeout"
METHODS = ("POST", "PUT", "GET")
LONGEST, AT_MOST, RETRIES = "30s", "1h", 3
MOST_RETRIES, MOST_HEADERS, MOST_ANSWERS = 10, 20, 20
SECRET = "secret:"  # noqa: S105  # a header that begins so takes its value from the server
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
OURS = re.compile(
    r"(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|idempotency-key|webhook-.*)$", re.I
)
PATH = re.compile(r"[^.\s]{1,100}(\.[^.\s]{1,100}){0,9}")
UNCHOSEN = {"en": "an address that is not set yet", "de": "eine noch nicht gesetzte Adresse"}


class Webhook(Kind):
    """`url`, `method`, `headers`, `secret`, `body`, `answer_within`, `retries`, `answer`, `at_most`; ways next, failed, timeout."""

    name = "webhook"
    label = {"en": "Call a webhook", "de": "Webhook aufrufen"}
    about = {
        "en": "tells another system, and takes its answer",
        "de": "meldet es einem anderen System und nimmt dessen Antwort",
    }
    keys = (
        "url",
        "method",
        "headers",
        "secret",
        "body",
        "answer_within",
        "retries",
        "answer",
        "at_most",
        FAILED,
        TIMEOUT,
    )
    ways = (NEXT, FAILED, TIMEOUT)
    form = WebhookForm

    def blank(self) -> dict[str, Any]:
        return {"url": "", "method": "POST", "at_most": AT_MOST}

    def validate(self, settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
        problems = [*_url_problems(settings.get("url"), f"{path}.url"), *_answer_problems(settings, path, known)]
        if settings.get("method", "POST") not in METHODS:
            said = f"expected one of {', '.join(METHODS)}, got {show(settings['method'])}"
            problems.append(Problem(f"{path}.method", said))
        retries = settings.get("retries", RETRIES)
        if not isinstance(retries, int) or isinstance(retries, bool) or not 0 <= retries <= MOST_RETRIES:
            said = f"expected a whole number from 0 to {MOST_RETRIES}, got {show(retries)}"
            problems.append(Problem(f"{path}.retries", said))
        problems += _secret_problems(settings, f"{path}.secret")
        problems += _header_problems(settings.get("headers", {}), f"{path}.headers")
        problems += _body_problems(settings.get("body"), f"{path}.body")
        within = settings.get("answer_within", ANSWER_WITHIN)
        wrong = duration_problems(within, f"{path}.answer_within")
        if not wrong and parse_duration(within) > parse_duration(LONGEST):
            wrong = [Problem(f"{path}.answer_within", f"expected {LONGEST} at most, got {show(within)}")]
        return problems + wrong + duration_problems(settings.get("at_most", AT_MOST), f"{path}.at_most")

    def targets(self, settings: dict[str, Any], following: str | None) -> dict[str, str | None]:
        onward = settings.get(NEXT, following)
        return {
            NEXT: onward,
            FAILED: settings.get(FAILED, onward),
            TIMEOUT: settings.get(TIMEOUT, settings.get(FAILED, onward)),
        }

    def aim(self, settings: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
        return {**settings, **{way: targets[way] for way in self.ways if way in targets}}

    def beforehand(self, step: "Step", now: datetime, scope: Scope, batch: int) -> None:
        values = {
            "step": step.pk,
            "at_most": parse_duration(step.settings.get("at_most", AT_MOST)),
            "scope": scope.ids(),
            "now": now,
        }
        sql.count(sql.statement("journeys/enrollments/sql/open_calls.sql"), values)

    def route(self, step: "Step", now: datetime) -> Route:
        from journeys.enrollments.calls import WebhookCall

        calls = WebhookCall.objects.filter(enrollment_id=OuterRef("pk"), step_id=step.pk, visit=OuterRef("seq"))
        ways = [
            When(Exists(calls.filter(state=WebhookCall.State.DONE)), then=Value(NEXT)),
            When(Exists(calls.filter(state=WebhookCall.State.FAILED)), then=Value(FAILED)),
        ]
        return Route(exit=Case(*ways, default=Value(TIMEOUT), output_field=CharField()), ready=Exists(calls))  # type: ignore[arg-type]  # Exists is one

    def say(self, settings: dict[str, Any], language: str, names: Names | None = None) -> str:
        where = _machine(settings.get("url")) or UNCHOSEN[language]
        most = say_duration(settings.get("at_most", AT_MOST), language, dative=True)
        if keys := ", ".join(settings.get("answer") or {}):
            text = {
                "en": "calls {} and takes {} from its answer, within {}",
                "de": "ruft {} auf und übernimmt {} aus der Antwort, innerhalb von {}",
            }
            return text[language].format(where, keys, most)
        return {"en": "calls {}, within {}", "de": "ruft {} auf, innerhalb von {}"}[language].format(where, most)

    def say_exit(self, settings: dict[str, Any], exit: str, language: str, names: Names | None = None) -> str:
        if exit == FAILED:
            return {"en": "refused or failed", "de": "abgelehnt oder gescheitert"}[language]
        if exit == TIMEOUT:
            most = say_duration(settings.get("at_most", AT_MOST), language, dative=True)
            return {"en": "no answer within {}", "de": "keine Antwort innerhalb von {}"}[language].format(most)
        return {"en": "answered", "de": "beantwortet"}[language]


def texts_of(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a body with its path; the names of fields are none."""
    if isinstance(body, str):
        yield path, body
    elif isinstance(body, Mapping):
        for key, value in body.items():
            yield from texts_of(value, f"{path}.{key}")
    elif isinstance(body, list):
        for i, value in enumerate(body):
            yield from texts_of(value, f"{path}[{i}]")


def _machine(url: Any) -> str:
    found = re.match(r"https?://([^/?#]+)", url) if isinstance(url, str) else None
    return found[1] if found else ""


def _url_problems(url: Any, path: str) -> list[Problem]:
    if not isinstance(url, str) or not url:
        return [Problem(path, f"expected an address like https://example.com/path, got {show(url)}")]
    if LIQUID.search(_machine(url)) or not _machine(url):
        return [Problem(path, "expected https:// and the name of a machine; values can stand after it only")]
    if words := outward.refusal(LIQUID.sub("x", url), server.WEBHOOK_ALLOW_PRIVATE):
        return [Problem(path, words)]
    return _liquid_problems([(path, url)])


def _secret_problems(settings: dict[str, Any], path: str) -> list[Problem]:
    name = settings.get("secret")
    if "secret" not in settings or (isinstance(name, str) and name in server.WEBHOOK_SECRETS):
        return []
    said = f"no secret {show(name)} is set on the server (WEBHOOK_SECRETS)"
    # a file from elsewhere may name one that is yet to be set
    return [Problem(path, said, "warning") if isinstance(name, str) else Problem(path, said)]


def _header_problems(headers: Any, path: str) -> list[Problem]:
    if not isinstance(headers, dict) or len(headers) > MOST_HEADERS:
        return [Problem(path, f"expected up to {MOST_HEADERS} headers with their values, got {show(headers)}")]
    problems = []
    for name, value in headers.items():
        if not HEADER.fullmatch(str(name)) or OURS.match(str(name)):
            problems.append(Problem(path, f"{show(name)} is no header that can be set"))
        elif not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
            problems.append(Problem(f"{path}.{name}", f"expected a text in one line, got {show(value)}"))
        elif value.startswith(SECRET) and value.removeprefix(SECRET) not in server.WEBHOOK_SECRETS:
            said = f"no secret {show(value.removeprefix(SECRET))} is set on the server (WEBHOOK_SECRETS)"
            problems.append(Problem(f"{path}.{name}", said, "warning"))
    return problems


def _body_problems(body: Any, path: str) -> list[Problem]:
    if body is None:
        return []
    if not isinstance(body, str | dict | list):
        return [Problem(path, f"expected a text, or an object of JSON, got {show(body)}")]
    texts = list(texts_of(body, path))
    if len(texts) > 200:
        return [Problem(path, f"expected up to 200 texts, got {len(texts)}")]
    return _liquid_problems(texts)


def _liquid_problems(texts: list[tuple[str, str]]) -> list[Problem]:
    texts = [(path, text) for path, text in texts if "{{" in text or "{%" in text]
    if not texts:
        return []
    checked = check_text([text for _, text in texts], None)
    return [Problem(path, said.error) for (path, _), said in zip(texts, checked, strict=True) if said.error]


def _answer_problems(settings: dict[str, Any], path: str, known: Known) -> list[Problem]:
    answer = settings.get("answer", {})
    path = f"{path}.answer"
    if not isinstance(answer, dict) or len(answer) > MOST_ANSWERS:
        return [Problem(path, f"expected up to {MOST_ANSWERS} attributes with their paths, got {show(answer)}")]
    problems = []
    for key, where in answer.items():
        definition = known.get(key)
        if key in TAKEN:
            problems.append(Problem(f"{path}.{key}", "a fixed field of every person: an answer fills attributes only"))
        elif not isinstance(where, str) or not PATH.fullmatch(where):
            problems.append(Problem(f"{path}.{key}", f'expected a path like "customer.plan", got {show(where)}'))
        elif definition is None or not definition.active:
            said = f"{no_attribute(key, known)}: its values are kept apart"
            problems.append(Problem(f"{path}.{key}", said, "warning"))
    return problems


KIND = Webhook()
