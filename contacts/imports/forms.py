"""The form of an import: how the file is read, where its columns go, whom it may change, and how consent is proven."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts.attributes.drafts import draft_problems
from contacts.attributes.queries import Definition, definitions
from contacts.attributes.rules import KIND_NAMES, Kind
from contacts.imports import registry
from contacts.imports.looking import draft_of
from contacts.imports.models import Import
from contacts.imports.targets import ATTRIBUTE, CONSENT_AT, FIELDS, IDENTIFIER, IGNORE, NEW, key_of
from contacts.segments.models import Segment

FIELD_NAMES = {
    "email": lazy("E-mail"), "external_id": lazy("Own id"), "phone": lazy("Phone"), "first_name": lazy("First name"),
    "last_name": lazy("Last name"), "language": lazy("Language"), "country": lazy("Country"), "time_zone": lazy("Time zone"),
    "job_title": lazy("Job title"), "account": lazy("Company"),
}  # fmt: skip
NEW_KINDS = [kind for kind in Kind if kind is not Kind.CHOICE]
ENCODINGS = [
    ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 (BOM)"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16 LE"), ("utf-16-be", "UTF-16 BE"),
    ("cp1252", "Windows-1252"), ("mixed", lazy("UTF-8 and Windows-1252 mixed")),
]  # fmt: skip
SEPARATORS = [(",", lazy("comma")), (";", lazy("semicolon")), ("\t", lazy("tab")), ("|", lazy("vertical bar"))]
RESERVED = ("user", "email", "phone", "anonymous", "apart", "external_id")
OWN_ID, NEW_CHOICE = "id", "new"


def _select(choices: Any, label: Any, **options: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(choices=choices, label=label, widget=widget, **options)


def _text(label: Any, most: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.TextInput(attrs={"class": "form-control"}), **options
    )


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=lazy("File (CSV or XLSX)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,.txt,.tsv,.xlsx"}),
    )


class PlanForm(forms.Form):
    """What somebody says about a file. Names of fields of columns: target_0, kind_0, ..."""

    encoding = _select(ENCODINGS, lazy("Encoding"), required=False)
    separator = _select(SEPARATORS, lazy("Separator"), required=False)
    header = _tick(lazy("The first row names the columns"))
    decimal = _select([(",", lazy("comma (1.234,5)")), (".", lazy("point (1,234.5)"))], lazy("Decimal sign"))
    day_first = _select(
        [("", lazy("not clear")), ("day", lazy("day first (31/12/2026)")), ("month", lazy("month first (12/31/2026)"))],
        lazy("Dates with slashes"),
        required=False,
    )
    key = _select([], lazy("Who a row is about, says"))
    update = _tick(lazy("Change people who are known already"))
    empty = _select([("leave", lazy("leave what is known")), ("clear", lazy("clear it"))], lazy("Empty cells"))
    source = _text(pgettext_lazy("where data comes from", "Source"), 50)
    segment = _select([], lazy("Put everybody onto a list"), required=False)
    journeys = _tick(lazy("Journeys may take these people in"))
    consent_source = _text(lazy("Where the consents are from"), 100, required=False)
    consent_wording = _text(lazy("Wording that was agreed to (version)"), 100, required=False)
    consent_at = forms.DateTimeField(
        label=lazy("When they agreed (or map a column)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, job: Import, data: Any = None) -> None:
        self.job, self.known = job, definitions()
        super().__init__(data, initial=_initial(job))
        keys = [(name, FIELD_NAMES[name]) for name in ("email", "external_id")]
        self.fields["key"].choices = [*keys, (OWN_ID, lazy("Id of the source"))]  # type: ignore[attr-defined]
        lists = Segment.objects.filter(kind=Segment.Kind.FIXED, active=True)
        self.fields["segment"].choices = [("", lazy("no list")), *((one.slug, one.name) for one in lists)]  # type: ignore[attr-defined]
        targets, kinds = _targets(self.known), [(str(kind), KIND_NAMES[kind][_language()]) for kind in NEW_KINDS]
        for place, header in enumerate(job.format["headers"]):
            name = header or _("Column %(number)s") % {"number": place + 1}
            self.fields[f"target_{place}"] = _select(
                targets, _("%(column)s goes to") % {"column": name}, required=False
            )
            label = _("Type of the new attribute for %(column)s") % {"column": name}
            self.fields[f"kind_{place}"] = _select(kinds, label, required=False)

    def columns(self) -> Iterator[dict[str, Any]]:
        """The columns for the page: header, sample values, the two fields and what is wrong."""
        for place, header in enumerate(self.job.format["headers"]):
            yield {
                "number": place + 1,
                "header": header,
                "samples": self.job.format["samples"][place],
                "target": self[f"target_{place}"],
                "kind": self[f"kind_{place}"],
                "is_new": self[f"target_{place}"].value() == NEW_CHOICE,
            }

    def look(self) -> dict[str, Any]:
        """How the file is to be read."""
        given = self.cleaned_data
        chosen = {"day": True, "month": False}.get(given["day_first"])
        look: dict[str, Any] = {"header": given["header"], "decimal": given["decimal"], "day_first": chosen}
        if self.job.format["kind"] == "csv":
            look |= {"encoding": given["encoding"], "separator": given["separator"]}
        return look

    def mapping(self) -> list[str]:
        """Where each column goes."""
        found = []
        for place, header in enumerate(self.job.format["headers"]):
            target = self.cleaned_data.get(f"target_{place}", "")
            if target == NEW_CHOICE:
                kind = self.cleaned_data.get(f"kind_{place}") or Kind.TEXT
                target = f"{NEW}{kind}:{key_of(header) or f'column_{place + 1}'}"
            elif target == OWN_ID:
                target = IDENTIFIER + self.cleaned_data.get("source", "")
            found.append(target)
        return found

    def options(self) -> dict[str, Any]:
        """Everything else."""
        given = self.cleaned_data
        at = given.get("consent_at")
        return {
            "key": IDENTIFIER + given["source"] if given["key"] == OWN_ID else given["key"],
            "update": given["update"],
            "empty": given["empty"],
            "segment": given["segment"],
            "journeys": given["journeys"],
            "consent": {
                "source": given["consent_source"],
                "wording": given["consent_wording"],
                "at": at.astimezone(UTC).isoformat() if at else "",
            },
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        mapping = self.mapping()
        for place, target in enumerate(mapping):
            if target and target in mapping[:place]:
                self.add_error(f"target_{place}", _("Another column goes there already."))
            elif problem := self._problem(place, target):
                self.add_error(f"target_{place}", problem)
        of_source = given.get("key") == OWN_ID or any(target.startswith(IDENTIFIER) for target in mapping)
        if of_source and given.get("source") in RESERVED:
            self.add_error("source", _("This name means something else here: choose another one."))
        return given

    def missing(self) -> None:
        """Find what has to be said before the start: who a row is about, and how dates are meant."""
        mapping, options = self.mapping(), self.options()
        if options["key"] not in mapping:
            self.add_error("key", _("No column goes there: choose the column that says who a row is about."))
        if self.job.format["unclear"] and "dates" in self.job.format["unclear"] and self.look()["day_first"] is None:
            if any(self._dated(target) for target in mapping):
                self.add_error("day_first", _("Days such as 03/04/2026 can be read both ways: choose one."))

    def _dated(self, target: str) -> bool:
        definition = self.known.get(target.removeprefix(ATTRIBUTE)) if target.startswith(ATTRIBUTE) else None
        kind = definition.kind if definition else target.removeprefix(NEW).partition(":")[0]
        return target == CONSENT_AT or kind in (Kind.DATE, Kind.INSTANT)

    def _problem(self, place: int, target: str) -> str:
        if target.startswith(NEW):
            kind, _colon, key = target.removeprefix(NEW).partition(":")
            if key in self.known:
                return _("There is an attribute of this name already: choose it.")
            problems = draft_problems(draft_of(key, kind, self.job.format["headers"][place]))
            return problems[0][1][_language()] if problems else ""
        definition = self.known.get(target.removeprefix(ATTRIBUTE)) if target.startswith(ATTRIBUTE) else None
        if definition and definition.source and definition.source != self.cleaned_data.get("source"):
            return _("This attribute comes from %(source)s only.") % {"source": definition.source}
        return ""


def _language() -> str:
    return "de" if (get_language() or "en").startswith("de") else "en"


def _targets(known: dict[str, Definition]) -> list[Any]:
    """The places a column may go to, in groups."""
    german = _language() == "de"
    own = [(ATTRIBUTE + d.key, d.name_de if german else d.name_en) for d in known.values() if d.active]
    rules = [target for column in registry.columns().values() for target in column.targets()]
    return [
        (IGNORE, _("leave out")),
        (_("Fields"), [(name, FIELD_NAMES[name]) for name in FIELDS] + [(OWN_ID, _("Id of the source"))]),
        (_("Attributes"), [*sorted(own, key=lambda pair: pair[1].casefold()), (NEW_CHOICE, _("new attribute"))]),
        (_("Consent"), [*rules, (CONSENT_AT, _("When they agreed"))]),
    ]


def _initial(job: Import) -> dict[str, Any]:
    look, options = job.format, job.options
    consent = options.get("consent", {})
    key = options.get("key") or (
        "external_id" if "external_id" in job.mapping and "email" not in job.mapping else "email"
    )
    found = {
        **{name: look.get(name) for name in ("encoding", "separator", "header", "decimal")},
        "day_first": {True: "day", False: "month"}.get(look.get("day_first"), ""),
        "key": OWN_ID if key.startswith(IDENTIFIER) else key,
        "update": options.get("update", True),
        "empty": options.get("empty", "leave"),
        "source": job.source,
        "segment": options.get("segment", ""),
        "journeys": options.get("journeys", job.size_bytes < 1_000_000),
        "consent_source": consent.get("source", ""),
        "consent_wording": consent.get("wording", ""),
        "consent_at": parse_datetime(consent["at"]) if consent.get("at") else None,
    }
    for place, target in enumerate(job.mapping):
        kind = target.removeprefix(NEW).partition(":")[0] if target.startswith(NEW) else look["kinds"][place]
        short = NEW_CHOICE if target.startswith(NEW) else OWN_ID if target.startswith(IDENTIFIER) else target
        found |= {f"target_{place}": short, f"kind_{place}": kind}
    return found
