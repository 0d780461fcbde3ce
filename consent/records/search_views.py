"""The pages of records: the search, the export of proofs, and whether all records are as they were."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, cast

import structlog
from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from consent.purposes.models import Purpose
from consent.records import search
from consent.records.chain import verify_chain
from consent.records.models import Record
from consent.records.rules import Fault, say_fault
from consent.records.search import METHODS, Wanted
from contacts.imports.rules import harmless
from orchestrator.kernel.access import consent_readers, may_decide_privacy, privacy_only
from orchestrator.kernel.fields import translated

log = structlog.get_logger()
CONTROL, SELECT = {"class": "form-control"}, {"class": "form-select"}
LARGEST_ID = 2**63 - 1


class SearchForm(forms.Form):
    """What somebody looks for."""

    q = forms.CharField(
        label=_("Name, e-mail or id"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=CONTROL | {"type": "search"}),
    )
    purpose = forms.ChoiceField(label=_("Purpose"), required=False, widget=forms.Select(attrs=SELECT))
    decision = forms.ChoiceField(
        label=_("Decision"),
        required=False,
        choices=[("", _("all")), *Record.Decision.choices],
        widget=forms.Select(attrs=SELECT),
    )
    source = forms.CharField(label=_("Source"), required=False, max_length=100, widget=forms.TextInput(attrs=CONTROL))
    wording = forms.CharField(label=_("Wording"), required=False, max_length=100, widget=forms.TextInput(attrs=CONTROL))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=CONTROL | {"type": "date"}))
    until = forms.DateField(
        label=pgettext_lazy("until", "To"), required=False, widget=forms.DateInput(attrs=CONTROL | {"type": "date"})
    )
    contact = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(one.slug, one.name) for one in Purpose.objects.all()]
        self.fields["purpose"].choices = [("", _("all")), *known]  # type: ignore[attr-defined]  # a choice field

    def wanted(self) -> Wanted:
        """The search; what cannot be read is left out."""
        given = self.cleaned_data
        until = given.get("until")
        return Wanted(
            words=given.get("q", "").strip(),
            contact_id=given.get("contact"),
            purpose=given.get("purpose", ""),
            decision=given.get("decision", ""),
            source=given.get("source", "").strip(),
            wording=given.get("wording", "").strip(),
            since=_midnight(given.get("since")),
            until=_midnight(until + timedelta(days=1) if until else None),
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


@consent_readers
@require_GET
def consent_records(request: HttpRequest) -> HttpResponse:
    """Search the records; proofs are for the privacy officer."""
    form = SearchForm(request.GET)
    valid = form.is_valid()
    officer = may_decide_privacy(request.user)
    rows, following = search.page(form.wanted(), before=form.cleaned_data.get("before")) if valid else ([], None)
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "rows": [_row(one, officer=officer) for one in rows],
        "following": following,
        "first": bool(form.cleaned_data.get("before")) if valid else False,
        "query": query.urlencode(),
        "officer": officer,
    }
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "consent/records/" + ("_records.html" if fragment else "records.html"), context)


@privacy_only
@require_GET
def consent_proofs(request: HttpRequest) -> HttpResponse:
    """Give the proofs of a person or of what was found as a file, JSON or CSV that no spreadsheet executes."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=400, content_type="text/plain; charset=utf-8")
    kind = "csv" if request.GET.get("format") == "csv" else "json"
    log.info("proofs of consent exported", by=request.user.pk, format=kind, contact=form.cleaned_data.get("contact"))
    lines = _csv(form.wanted()) if kind == "csv" else _json(form.wanted())
    content = "text/csv" if kind == "csv" else "application/json"
    response = StreamingHttpResponse(lines, content_type=f"{content}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="consent-proofs.{kind}"'
    return cast(HttpResponse, response)


@consent_readers
@require_GET
def consent_chain(request: HttpRequest) -> HttpResponse:
    """Say whether all records are as they were; the look itself starts by a click, since it reads all of them."""
    report = verify_chain() if request.GET.get("look") == "yes" else None
    language = get_language() or "en"
    faults = [_fault(one, language) for one in report.faults] if report else []
    sealed = str(report.sealed_up_to) if report else ""
    context = {"report": report, "sound": bool(report and report.sound), "faults": faults, "sealed_up_to": sealed}
    return render(request, "consent/records/chain.html", context)


def _fault(one: Fault, language: str) -> dict[str, Any]:
    """A fault as it is shown; numbers of records are names and not amounts."""
    names = {name: str(getattr(one, name) or "") for name in ("record", "contact", "up_to")}
    return names | {"after": str(one.after), "at": one.at, "count": one.many, "said": say_fault(one.kind, language)}


def _row(one: search.Proof, *, officer: bool) -> dict[str, Any]:
    record = one.record
    known = METHODS.get(search.method_of(record))
    return {
        "id": str(record.pk),  # a name, not an amount
        "contact_id": str(record.contact_id),
        "name": one.contact.name if one.contact else "",
        "email": one.contact.email if one.contact else "",
        "known": one.contact is not None,
        "at": record.at,
        "purpose": record.purpose.name,
        "decision": record.decision,
        "yes": record.decision in (Record.Decision.GRANTED, Record.Decision.EXISTING),
        "decision_name": record.get_decision_display(),
        "source": record.source,
        "method": translated(known, get_language()) if known else search.method_of(record),
        "wording": record.wording,
        "text": one.text,
        "proof": json.dumps(record.proof, ensure_ascii=False, indent=1) if officer and record.proof else "",
        "digest": record.digest,
    }


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv(wanted: Wanted) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # so that spreadsheets see UTF-8
    yield writer.writerow(search.COLUMNS)
    for one in search.every_proof(wanted):
        row = search.as_row(one) | {"proof": json.dumps(one.record.proof, ensure_ascii=False)}
        yield writer.writerow([harmless("" if row[name] is None else str(row[name])) for name in search.COLUMNS])


def _json(wanted: Wanted) -> Iterator[str]:
    mark = "["
    for one in search.every_proof(wanted):
        yield mark + json.dumps(search.as_row(one), ensure_ascii=False)
        mark = ",\n"
    yield "[]" if mark == "[" else "]"
