"""The public doors of signing up: the form, and the confirmation."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent.preferences import form_queries, queries
from consent.preferences.form_queries import PublicForm
from consent.preferences.pages import public_page
from consent.preferences.rules import one_line
from consent.preferences.signups import Asked, confirm_signup, request_signup
from consent.preferences.views import language_of, other_language
from contacts.imports.fields import read_email
from contacts.imports.registry import Refused
from contacts.profiles.rules import countries

SIGNUP = "consent/preferences/signup.html"
CONFIRM = "consent/preferences/confirm.html"


@csrf_exempt  # nobody is logged in, and what a POST leads to is a mail that asks; a form elsewhere may post here too
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a sign-up form; a POST sends the mail that asks to confirm. The answer is the same whoever the address is."""
    language = language_of(request)
    form = form_queries.public_form(slug, language)
    if form is None:
        return public_page(SIGNUP, {"state": "unknown"}, language=language, status=404)
    values: dict[str, Any] = {
        "state": "form", "form": form, "other": other_language(language), "email": "", "ticked": [], "said": {}, "wrong": {},
        "countries": form_queries.country_names(language) if "country" in form.fields else [],
    }  # fmt: skip
    if request.method != "POST":
        return public_page(SIGNUP, values, language=language)
    given = request.POST
    values |= {
        "email": given.get("email", "")[:320],
        "ticked": given.getlist("agree"),
        "said": {name: one_line(given.get(name, "")) for name in form.fields},
    }
    if "begin" in given:  # from a page of somebody else, which does not know today's texts
        return public_page(SIGNUP, values, language=language)
    email, values["wrong"] = _checked(form, values)
    if values["wrong"]:
        return public_page(SIGNUP, values, language=language, status=422)
    if not given.get("website"):  # people do not see this field; programs fill it
        wordings = [choice.wording for choice in form.choices if choice.wording.name in values["ticked"]]
        url = f"{settings.PUBLIC_URL}{request.path}"
        asked = Asked(email, language, wordings, url, form=form.row, fields=values["said"])
        request_signup(asked=asked, now=timezone.now())
    return public_page(SIGNUP, {"state": "asked", "email": email}, language=language)


@csrf_exempt  # the signed token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; a POST agrees to what was ticked. A machine that follows the link agrees to nothing."""
    signup = queries.signup_of(token)
    if signup is None:
        return public_page(CONFIRM, {"state": "unknown"}, language=language_of(request), status=404)
    language, now = language_of(request, signup.language), timezone.now()
    state = "ask" if signup.state == signup.State.WAITING else str(signup.state)
    if signup.state == signup.State.WAITING and signup.expires_at <= now:
        state = "expired"
    elif request.method == "POST":
        state = {"gone": "unknown", "done": "confirmed"}.get(
            answer := confirm_signup(signup_id=signup.pk, now=now), answer
        )
    values = {
        "state": state,
        "choices": form_queries.asked_for(signup, language),
        "again": signup.form.slug if signup.form else "",
    }
    return public_page(CONFIRM, values, language=language, status={"unknown": 404, "expired": 410}.get(state, 200))


def _checked(form: PublicForm, values: Mapping[str, Any]) -> tuple[str, dict[str, bool]]:
    """The address, and what is wrong with what was sent: `email`, `choice` (nothing ticked), `changed` (the texts did), `country`."""
    wrong = {}
    try:
        email = read_email(values["email"])
    except Refused:
        email, wrong["email"] = "", True
    known = {choice.wording.name for choice in form.choices}
    if set(values["ticked"]) - known:
        wrong["changed"] = True
    elif not values["ticked"]:
        wrong["choice"] = True
    if values["said"].get("country", "") not in {"", *countries()}:
        wrong["country"] = True
    return email, wrong
