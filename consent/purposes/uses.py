"""What names a purpose: sign-up forms, contact rules, topics. Journeys and conditions say it themselves."""

from collections.abc import Iterator

from django.db.models import CharField, Value

from consent.limits.models import Limit
from consent.preferences.models import SignupChoice
from consent.purposes.models import Purpose
from contacts.conditions.uses import Use, register_uses


def purpose_uses() -> Iterator[Use]:
    """Read every form, contact rule and topic that names a purpose; one statement."""
    room = {one: Value(one, CharField()) for one in ("form", "limit", "topic")}
    forms = SignupChoice.objects.annotate(room=room["form"]).order_by()
    limits = Limit.objects.exclude(purpose="").annotate(room=room["limit"]).order_by()
    topics = Purpose.objects.filter(parent__isnull=False).annotate(room=room["topic"]).order_by()
    found = forms.values_list("purpose__slug", "form__slug", "form__name_en", "form__name_de", "room").union(
        limits.values_list("purpose", "slug", "name_en", "name_de", "room"),
        topics.values_list("parent__slug", "slug", "name_en", "name_de", "room"),
    )
    for purpose, slug, en, de, where in found.order_by("room", "form__slug", "purpose__slug"):
        yield Use("consent", purpose, where, slug, {"en": en, "de": de}, "rule")


register_uses(purpose_uses)
