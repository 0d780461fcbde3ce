"""Reads sign-up forms: as people see them, and with their numbers as the staff does."""

from functools import cache
from typing import Any, NamedTuple

from babel import Locale
from django.conf import settings
from django.db.models import Count, Max, Q

from consent.preferences.models import Signup, SignupChoice, SignupForm
from consent.purposes.models import Purpose, Wording
from consent.purposes.queries import current_wordings
from contacts.profiles.rules import countries
from orchestrator.kernel.fields import translated


class Offered(NamedTuple):
    """One choice of a form: the purpose by its name, and the text that is agreed to."""

    name: str
    wording: Wording


class PublicForm(NamedTuple):
    """A form in one language."""

    row: SignupForm
    name: str
    intro: str
    fields: list[str]
    choices: list[Offered]


def public_form(slug: str, language: str) -> PublicForm | None:
    """Read an active form; None when there is none, or nothing on it that can be agreed to in this language."""
    row = SignupForm.objects.filter(slug=slug, active=True).first()
    if row is None:
        return None
    newest = current_wordings(language)
    chosen = row.choices.filter(purpose__active=True).select_related("purpose").order_by("position")
    offered = [Offered(c.purpose.named(language), newest[c.purpose_id]) for c in chosen if c.purpose_id in newest]
    intro = translated({"en": row.intro_en, "de": row.intro_de}, language)
    return PublicForm(row, row.named(language), intro, list(row.fields), offered) if offered else None


@cache
def country_names(language: str) -> tuple[tuple[str, str], ...]:
    """Give code and name of every country, by name."""
    names = Locale(language).territories
    return tuple(
        sorted(((code, names[code]) for code in countries() if code in names), key=lambda one: one[1].casefold())
    )


def asked_for(signup: Signup, language: str) -> list[dict[str, str]]:
    """What a sign-up asks for, in the words that were read when it was ticked."""
    slugs = [choice["purpose"] for choice in signup.choices]
    names = {one.slug: one.named(language) for one in Purpose.objects.filter(slug__in=slugs)}
    texts = {one.name: one.text for one in Wording.objects.filter(purpose__slug__in=slugs).select_related("purpose")}
    return [
        {"name": names.get(choice["purpose"], ""), "text": texts.get(choice["wording"], "")}
        for choice in signup.choices
    ]


def form_rows() -> list[dict[str, Any]]:
    """List the forms with how many people asked and confirmed."""
    counted = SignupForm.objects.annotate(
        asked=Count("signup", distinct=True),
        confirmed=Count("signup", filter=Q(signup__state=Signup.State.CONFIRMED), distinct=True),
        last=Max("signup__requested_at"),
    ).prefetch_related("choices__purpose")
    missing = missing_wordings()
    return [
        {
            "slug": form.slug,
            "name": form.name,
            "active": form.active,
            "asked": form.asked,
            "confirmed": form.confirmed,
            "last": form.last,
            "purposes": [choice.purpose.name for choice in form.choices.all()],
            "missing": [text for choice in form.choices.all() if (text := missing.get(choice.purpose_id))],
        }
        for form in counted
    ]


def missing_wordings() -> dict[int, str]:
    """Say for each purpose that can be agreed to in which languages it has no text yet; complete ones are left out."""
    have = {code: current_wordings(code) for code, _ in settings.LANGUAGES}
    found = {}
    for purpose in agreeable():
        lacks = [name for code, name in settings.LANGUAGES if purpose.pk not in have[code]]
        if lacks:
            found[purpose.pk] = f"{purpose.name}: {', '.join(lacks)}"
    return found


def agreeable() -> list[Purpose]:
    """List the purposes that a form may ask about."""
    return list(Purpose.objects.filter(active=True, enforcement=Purpose.Enforcement.OPT_IN).order_by("pk"))


def chosen_purposes(form: SignupForm) -> list[SignupChoice]:
    """List what a form asks about, in its order."""
    return list(form.choices.select_related("purpose").order_by("position"))
