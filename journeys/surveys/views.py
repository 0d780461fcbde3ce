"""The door for people with the link of a survey. Looking answers nothing: programs that follow links do not vote."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from journeys.enrollments.models import Touch
from journeys.surveys import operations, queries

PAGE = "journeys/surveys/answer.html"


@csrf_exempt  # the signed token is the permission; no cookie is read or set
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question; a POST answers it, once."""
    touch = queries.asked_by(token)
    if touch is None:
        return _page({"state": "unknown"}, translation.get_language() or "en", status=404)
    if request.method == "POST":
        return _answered(request, touch)
    given = queries.answer_to(touch)
    if given is not None:
        return _thanks(touch, str(given))
    return _question(touch, request.GET.get("answer", ""))


def _answered(request: HttpRequest, touch: Touch) -> HttpResponse:
    chosen, comment = request.POST.get("answer", ""), request.POST.get("comment", "").replace("\0", "")
    try:
        taken = operations.answer_survey(touch=touch, answer=chosen, comment=comment, now=timezone.now())
    except operations.NotAnAnswer:
        return _question(touch, "", comment=comment[: operations.COMMENT_LIMIT], missing=True, status=422)
    return _thanks(touch, chosen if taken else str(queries.answer_to(touch)))


def _question(
    touch: Touch, chosen: str, *, comment: str = "", missing: bool = False, status: int = 200
) -> HttpResponse:
    step, language = touch.step.settings, touch.contact.language
    values = {
        "state": "ask",
        "question": queries.in_language(step["question"], language),
        "choices": [{**one, "chosen": one["value"] == chosen} for one in queries.choices_of(step, language)],
        "grades": bool(step.get("nps")),
        "with_comment": bool(step.get("comment")),
        "most": operations.COMMENT_LIMIT,
        "comment": comment,
        "missing": missing,
    }
    return _page(values, language, status)


def _thanks(touch: Touch, given: str) -> HttpResponse:
    step, language = touch.step.settings, touch.contact.language
    labels = {one["value"]: one["label"] for one in queries.choices_of(step, language)}
    question = queries.in_language(step["question"], language)
    return _page({"state": "done", "question": question, "given": labels.get(given, given)}, language)


def _page(values: dict[str, Any], language: str, status: int = 200) -> HttpResponse:
    # Rendered without the request: no session is opened, no cookie is set.
    language = language if language in ("en", "de") else "en"
    with translation.override(language):
        response = HttpResponse(render_to_string(PAGE, {**values, "language": language}), status=status)
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
