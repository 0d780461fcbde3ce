"""Whom e-mail may reach: an address that is there and not suppressed, and consent to marketing."""

from django.db.models import Case, CharField, Exists, F, OuterRef, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Lower

from consent.purposes.models import Purpose
from consent.records.models import Suppression
from consent.records.permission import allowed
from contacts.conditions.expressions import Compare, Not
from contacts.conditions.reach import Reach, register_reach
from contacts.conditions.registry import Subject

REASONS = {
    "no_address": {"en": "no address", "de": "keine Adresse"},
    "suppressed": {"en": "suppressed address", "de": "gesperrte Adresse"},
    "no_consent": {"en": "no consent", "de": "keine Einwilligung"},
}


def email_verdict(subject: Subject) -> Expression:
    """Why marketing by e-mail does not reach a person, in the order of the arbiter's gates; empty where it does."""
    address = F(f"{subject.prefix}email")
    wanted = Lower(OuterRef(f"{subject.prefix}email"))
    suppressed = Exists(Suppression.objects.filter(channel="email", address=wanted))
    return Case(
        When(Compare(address, "=", Value("")), then=Value("no_address")),
        When(suppressed, then=Value("suppressed")),
        When(Not(allowed(subject, Purpose.EMAIL_MARKETING)), then=Value("no_consent")),
        default=Value(""),
        output_field=CharField(),
    )


register_reach(Reach("email", {"en": "E-mail", "de": "E-Mail"}, REASONS, email_verdict))
