"""What a column about consent means in a file of people: it proves itself, or the people come in without consent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from consent.purposes.models import Purpose
from consent.records.models import State
from consent.records.operations import Choice, record_consents, take_back_import
from contacts.imports.models import Import
from contacts.imports.registry import Column, Left, Refused, Said, register, register_watch
from contacts.imports.rules import UNDONE, Reason, yes_or_no
from orchestrator.kernel import sql
from orchestrator.kernel.scope import among


class ConsentColumn(Column):
    """`consent:email_marketing`: yes agrees, when source, time and wording prove it; no takes a consent back."""

    key = "consent"
    tables = frozenset({"consent_record", "consent_state"})

    def targets(self) -> list[tuple[str, str]]:
        named = [(p.slug, p.name) for p in Purpose.objects.filter(enforcement=Purpose.Enforcement.OPT_IN)]
        return [(f"{self.key}:{slug}", self.label(name)) for slug, name in named]

    def label(self, name: str) -> str:
        """What a column of a purpose is called."""
        return _("Consent: %(purpose)s (yes = agrees)") % {"purpose": name}

    def read(self, name: str, text: str, *, proven: bool) -> bool | None:
        answer = yes_or_no(text)
        if answer is None:
            raise Refused(Reason.UNCLEAR, text)
        if answer and not proven:
            raise Refused(Reason.NO_PROOF, text)
        return answer

    def record(
        self, *, job: Import, said: Sequence[Said], now: datetime, dry: bool = False, tell: bool = True
    ) -> list[Left]:
        choices, left = [], []
        for purpose in sorted({one.name for one in said}):
            about = [one for one in said if one.name == purpose]
            states = _states([one.contact_id for one in about], purpose)
            for one in about:
                state = states.get(one.contact_id)
                if one.value and state is not None and not state.granted and state.source != UNDONE:
                    left.append(Left(one.line, "", Reason.WITHDRAWN, f"{state.since:%Y-%m-%d}"))
                elif one.value != bool(state and state.granted):
                    choices.append(_choice(job, one, "granted" if one.value else "withdrawn"))
        if not dry:
            record_consents(choices=choices, now=now, tell=tell)
        return left

    def undo(self, *, job: Import, now: datetime) -> None:
        take_back_import(import_id=job.pk, source=UNDONE, now=now)

    def spoke(self, contact_ids: Sequence[int], *, job: Import) -> set[int]:
        text = (
            "SELECT DISTINCT contact_id FROM consent_record WHERE contact_id = ANY(%s)"
            " AND COALESCE(proof -> 'import', proof -> 'undone', '0') <> to_jsonb(%s::bigint)"
        )
        return {contact_id for (contact_id,) in sql.rows(text, [list(contact_ids), job.pk])}

    def forget(self, contact_ids: Sequence[int]) -> None:
        State.objects.filter(contact_id__in=contact_ids).delete()


class ObjectionColumn(ConsentColumn):
    """`objection:email_marketing`: yes refuses and needs no proof, no says nothing; what is unclear refuses."""

    key = "objection"
    restricts = True

    def label(self, name: str) -> str:
        return _("Objection: %(purpose)s (yes = must not)") % {"purpose": name}

    def read(self, name: str, text: str, *, proven: bool) -> bool | None:
        answer = yes_or_no(text)
        if answer is None:
            raise Refused(Reason.UNCLEAR_OBJECTION, text, value=True)
        return True if answer else None

    def record(
        self, *, job: Import, said: Sequence[Said], now: datetime, dry: bool = False, tell: bool = True
    ) -> list[Left]:
        choices = []
        for purpose in sorted({one.name for one in said}):
            about = [one for one in said if one.name == purpose]
            states = _states([one.contact_id for one in about], purpose)
            for one in about:
                state = states.get(one.contact_id)
                if state is None or state.granted or state.source == UNDONE:
                    choices.append(_choice(job, one, "withdrawn" if state and state.granted else "refused", now))
        if not dry:
            record_consents(choices=choices, now=now, tell=tell)
        return []

    def undo(self, *, job: Import, now: datetime) -> None:
        """The consent column takes back both: who objected by mistake can agree again, and nobody agrees by an undo."""


def suppressed(addresses: Mapping[int, str]) -> list[Left]:
    """List the lines whose address nobody may write to: an import revives none."""
    text = "SELECT address FROM consent_suppression WHERE channel = 'email' AND address = ANY(%s)"
    found = {address for (address,) in sql.rows(text, [list(addresses.values())])}
    return (
        [Left(line, "", Reason.SUPPRESSED, mail) for line, mail in addresses.items() if mail in found] if found else []
    )


class _Held(NamedTuple):
    """What holds for a person: agreed or not, since when, and who wrote it."""

    granted: bool
    since: datetime
    source: str


def _states(contact_ids: Sequence[int], purpose: str) -> dict[int, _Held]:
    known = among(State.objects.filter(purpose__slug=purpose), "contact_id", [one for one in contact_ids if one])
    rows = known.values_list("contact_id", "granted", "since", "record__source")
    return {contact_id: _Held(granted, since, source) for contact_id, granted, since, source in rows}


def _choice(job: Import, said: Said, decision: str, at: datetime | None = None) -> Choice:
    consent = job.options.get("consent", {})
    proof = {"import": job.pk, "file": job.file_name, "line": said.line, "by": job.by}
    granted = decision == "granted"
    source = consent.get("source", "") if granted else job.source
    wording = consent.get("wording", "") if granted else ""
    return Choice(said.contact_id, said.name, decision, source[:100], wording[:100], proof, said.at if granted else at)


register(ConsentColumn())
register(ObjectionColumn())
register_watch(suppressed)
