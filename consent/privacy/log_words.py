"""What the log of a request says, en and de; a line is kept as a code with its values, so that it reads in both languages."""

import json
from typing import Any

from orchestrator.kernel.fields import translated

MOST = 300  # characters of a line
TEXTS = {
    "opened": {"en": "Opened", "de": "Eröffnet"},
    "asked": {
        "en": "Asked for by a link from an e-mail; a mail to confirm it was ordered",
        "de": "Über einen Link aus einer E-Mail verlangt; eine Mail zur Bestätigung wurde beauftragt",
    },
    "confirmed": {"en": "Confirmed by the link in the mail", "de": "Über den Link in der Mail bestätigt"},
    "taken": {"en": "Taken", "de": "Übernommen"},
    "note": {"en": "{text}", "de": "{text}"},
    "refused": {"en": "Refused: {text}", "de": "Abgelehnt: {text}"},
    "erased": {
        "en": "Erased: {rows} rows in {tables} tables; {running} running journeys stopped (erased)",
        "de": "Gelöscht: {rows} Zeilen in {tables} Tabellen; {running} laufende Journeys beendet (gelöscht)",
    },
    "export": {
        "en": "Export made: {bytes} bytes, to be fetched for 24 hours",
        "de": "Export erstellt: {bytes} Byte, 24 Stunden lang abholbar",
    },
    "export_mailed": {
        "en": "Export made: {bytes} bytes, to be fetched for 24 hours; a mail with the link was ordered",
        "de": "Export erstellt: {bytes} Byte, 24 Stunden lang abholbar; eine Mail mit dem Link wurde beauftragt",
    },
    "fetched": {"en": "Export downloaded", "de": "Export heruntergeladen"},
    "fetched_by_link": {
        "en": "Export fetched by the link in the mail",
        "de": "Export über den Link in der Mail abgeholt",
    },
    "objection": {
        "en": "Objection recorded: {records} consents ended for {people} contacts, address suppressed",
        "de": "Widerspruch festgehalten: {records} Einwilligungen für {people} Kontakte beendet, Adresse gesperrt",
    },
    "restricted": {"en": "Use of the data restricted: {people} contacts", "de": "Nutzung der Daten eingeschränkt: {people} Kontakte"},
    "lifted": {"en": "Restriction lifted: {people} contacts", "de": "Einschränkung aufgehoben: {people} Kontakte"},
    "corrected": {"en": "Corrected: {text}", "de": "Berichtigt: {text}"},
    "unchanged": {"en": "Looked at: nothing had to be corrected", "de": "Angesehen: nichts war zu berichtigen"},
}  # fmt: skip


def written(code: str, **values: Any) -> str:
    """Write a line of the log as it is kept."""
    if isinstance(text := values.get("text"), str):
        values["text"] = text[:100]  # JSON may need more characters than the text has
    return f"{code} {json.dumps(values, ensure_ascii=False)}"[:MOST]


def say(line: str, language: str) -> str:
    """Say a line of the log."""
    code, _, values = line.partition(" ")
    if code not in TEXTS:
        return line
    try:
        return translated(TEXTS[code], language).format(**json.loads(values or "{}"))
    except (ValueError, KeyError):  # a line that was cut
        return translated(TEXTS[code], language)
