"""The consent page: purposes with counts, contact rules as sentences, records with their proof. It changes nothing."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from consent.limits.models import Limit, QuietHours
from consent.limits.page import limit_sentence, purpose_names, quiet_sentence
from consent.purposes.queries import purpose_counts
from consent.records.listing import Found, records_of
from orchestrator.kernel.access import consent_readers, may_decide_privacy


@consent_readers
@require_GET
def consent(request: HttpRequest) -> HttpResponse:
    """Show what we may do, and what one person said."""
    words = request.GET.get("q", "").strip().replace("\0", "")
    context: dict[str, Any] = {
        "words": words,
        "found": [_person(found, officer=may_decide_privacy(request.user)) for found in records_of(words)]
        if words
        else [],
    }
    if not request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        context["purposes"] = [
            {
                "name": each.purpose.name,
                "enforcement": each.purpose.get_enforcement_display(),
                "legal_basis": each.purpose.legal_basis,
                "asked": each.purpose.enforcement != each.purpose.Enforcement.NONE,
                "granted": each.granted,
                "not_granted": each.not_granted,
            }
            for each in purpose_counts()
        ]
        context["rules"] = _rules()
    page = "consent/records/_found.html" if request.htmx else "consent/records/consent.html"  # type: ignore[attr-defined]
    return render(request, page, context)


def _rules() -> list[dict[str, Any]]:
    names = purpose_names()
    limits = [
        {
            "name": limit.name,
            "sentence": limit_sentence(limit, names),
            "active": limit.active,
        }
        for limit in Limit.objects.all()
    ]
    quiet = [
        {"name": "", "sentence": quiet_sentence(hours), "active": hours.active}
        for hours in QuietHours.objects.order_by("channel")
    ]
    return limits + quiet


def _person(found: Found, *, officer: bool) -> dict[str, Any]:
    return {
        "id": found.contact.pk,
        "name": found.contact.name,
        "email": found.contact.email,
        "suppressed": found.suppression.get_reason_display() if found.suppression else "",
        "records": [
            {
                "at": record.at,
                "purpose": record.purpose.name,
                "decision": record.decision,
                "decision_name": record.get_decision_display(),
                "source": record.source,
                "wording": record.wording,
                "proof": json.dumps(record.proof, ensure_ascii=False, indent=1) if officer and record.proof else "",
            }
            for record in found.records
        ],
    }
