"""What may stop a row or a cell of an import, in words; limits; and what a yes or a no looks like."""

from enum import StrEnum

BATCH = 10_000  # rows written in one transaction
BULK = 10_000  # rows from which on people come without news each: one look at everybody at the end instead
PREVIEW_ROWS = 20
COUNTED_ROWS = 50_000  # how far a preview counts what would be
UNDO_DAYS = 30
UNDONE = "import undone"  # the source of records that take back what an import brought
MAX_COLUMNS = 500
MAX_LINE_BYTES = 1_000_000
MAX_CELL = 10_000  # characters of a text kept as an attribute
MAX_UNPACKED = 1_000_000_000  # bytes of an XLSX when unpacked, as its directory says
MAX_STRINGS = 200_000_000  # bytes of its shared texts, which are held in memory
MAX_RATIO = 200  # unpacked to packed, above a size that matters
RATIO_FROM = 20_000_000


class Reason(StrEnum):
    """Why a row was refused, or taken without one of its cells."""

    NO_KEY = "no_key"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    BAD_COUNTRY = "bad_country"
    BAD_LANGUAGE = "bad_language"
    BAD_ZONE = "bad_zone"
    BAD_VALUE = "bad_value"
    BAD_TEXT = "bad_text"
    TOO_LONG = "too_long"
    TOO_MANY_CELLS = "too_many_cells"
    REPEATED = "repeated"
    ID_TAKEN = "id_taken"
    ID_DIFFERS = "id_differs"
    NO_PROOF = "consent_without_proof"
    UNCLEAR = "unclear_consent"
    UNCLEAR_OBJECTION = "unclear_objection"
    WITHDRAWN = "has_withdrawn"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    KEPT = "kept_at_undo"


SENTENCES = {
    Reason.NO_KEY: {
        "en": "The cell that says who this is is empty or wrong: the row was not taken.",
        "de": "Die Zelle, die sagt, wer das ist, ist leer oder falsch: Die Zeile wurde nicht übernommen.",
    },
    Reason.BAD_EMAIL: {"en": "This is not an e-mail address.", "de": "Das ist keine E-Mail-Adresse."},
    Reason.BAD_PHONE: {"en": "This is not a phone number.", "de": "Das ist keine Telefonnummer."},
    Reason.BAD_COUNTRY: {"en": "No country is called that.", "de": "So heißt kein Land."},
    Reason.BAD_LANGUAGE: {
        "en": "We write in German and English only.",
        "de": "Wir schreiben nur auf Deutsch und Englisch.",
    },
    Reason.BAD_ZONE: {"en": "No time zone is called that.", "de": "So heißt keine Zeitzone."},
    Reason.BAD_VALUE: {
        "en": "The value does not fit the type of the attribute.",
        "de": "Der Wert passt nicht zum Typ des Merkmals.",
    },
    Reason.BAD_TEXT: {"en": "The text has control characters.", "de": "Der Text enthält Steuerzeichen."},
    Reason.TOO_LONG: {"en": "The text is too long.", "de": "Der Text ist zu lang."},
    Reason.TOO_MANY_CELLS: {
        "en": "The row has more cells than there are columns: it was not taken.",
        "de": "Die Zeile hat mehr Zellen als Spalten: Sie wurde nicht übernommen.",
    },
    Reason.REPEATED: {
        "en": "A later row is about the same person; where both say something, the later one counts.",
        "de": "Eine spätere Zeile betrifft dieselbe Person; wo beide etwas sagen, zählt die spätere.",
    },
    Reason.ID_TAKEN: {
        "en": "Another person has this id already: it was left out.",
        "de": "Diese Kennung hat schon eine andere Person: Sie wurde weggelassen.",
    },
    Reason.ID_DIFFERS: {
        "en": "The person has another id already: it was left as it is.",
        "de": "Die Person hat schon eine andere Kennung: Diese bleibt.",
    },
    Reason.NO_PROOF: {
        "en": "Consent without source, time and wording proves nothing: the person came in without consent.",
        "de": "Eine Einwilligung ohne Herkunft, Zeit und Wortlaut beweist nichts: Die Person kam ohne Einwilligung.",
    },
    Reason.UNCLEAR: {
        "en": "This is neither yes nor no: the person came in without consent.",
        "de": "Das ist weder Ja noch Nein: Die Person kam ohne Einwilligung.",
    },
    Reason.UNCLEAR_OBJECTION: {
        "en": "This is neither yes nor no: to be safe it was taken as an objection.",
        "de": "Das ist weder Ja noch Nein: Sicherheitshalber gilt es als Widerspruch.",
    },
    Reason.WITHDRAWN: {
        "en": "The person has refused or withdrawn; an import never agrees for them again.",
        "de": "Die Person hat abgelehnt oder widerrufen; ein Import stimmt nie wieder für sie zu.",
    },
    Reason.ERASED: {
        "en": "The person with this address was erased: the row came in, an agreement in it did not. They have to agree again"
        " themselves.",
        "de": "Die Person mit dieser Adresse wurde gelöscht: Die Zeile wurde übernommen, eine Zustimmung darin nicht. Sie muss"
        " selbst neu zustimmen.",
    },
    Reason.SUPPRESSED: {
        "en": "Nobody may write to this address: it stays suppressed.",
        "de": "An diese Adresse darf niemand schreiben: Sie bleibt gesperrt.",
    },
    Reason.KEPT: {
        "en": "Something else happened to this person since: they were not deleted.",
        "de": "Mit dieser Person ist seitdem etwas geschehen: Sie wurde nicht gelöscht.",
    },
}
# words for yes and no in a column about consent, in any case
YES = frozenset({"yes", "y", "ja", "j", "true", "wahr", "1", "x", "on", "opt-in", "optin", "granted", "erteilt"})
NO = frozenset({"no", "n", "nein", "false", "falsch", "0", "off", "opt-out", "optout", "refused", "abgelehnt", "-"})
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones count too


def say_refusal(reason: str, language: str = "en") -> str:
    """Say why a row or cell did not come in, in "en" or "de"."""
    return SENTENCES[Reason(reason)].get(language[:2]) or SENTENCES[Reason(reason)]["en"]


def yes_or_no(text: str) -> bool | None:
    """Read an answer; None when it is neither."""
    word = text.strip().casefold()
    return True if word in YES else False if word in NO else None


def harmless(cell: str) -> str:
    """Make a cell that no spreadsheet takes for a formula. Source: OWASP ASVS 1.2.10."""
    return "'" + cell if cell.startswith(DANGEROUS) else cell


PROBLEMS = {
    "program": {
        "en": "The program failed ({line}). What came in before stays until the import is undone; the log says more.",
        "de": "Das Programm ist gescheitert ({line}). Was vorher kam, bleibt bis zum Rückgängigmachen; das Protokoll sagt mehr.",
    },
    "cancelled": {"en": "Somebody stopped it.", "de": "Jemand hat ihn angehalten."},
    "empty": {"en": "The file is empty.", "de": "Die Datei ist leer."},
    "header_only": {
        "en": "The file has a header and no rows below it.",
        "de": "Die Datei hat eine Kopfzeile und keine Zeilen darunter.",
    },
    "long_line": {
        "en": "Line {line} is longer than a million characters: this is not a table.",
        "de": "Zeile {line} ist länger als eine Million Zeichen: Das ist keine Tabelle.",
    },
    "open_quote": {
        "en": "In line {line} a quotation mark opens a cell and nothing closes it.",
        "de": "In Zeile {line} öffnet ein Anführungszeichen eine Zelle, und nichts schließt sie.",
    },
    "many_columns": {"en": "Line {line} has more than 500 cells.", "de": "Zeile {line} hat mehr als 500 Zellen."},
    "bad_workbook": {
        "en": "The workbook cannot be read. Save it as .xlsx or .csv again.",
        "de": "Die Arbeitsmappe lässt sich nicht lesen. Bitte noch einmal als .xlsx oder .csv speichern.",
    },
    "old_workbook": {
        "en": "This is a workbook of before 2007. Save it as .xlsx or .csv.",
        "de": "Das ist eine Arbeitsmappe von vor 2007. Bitte als .xlsx oder .csv speichern.",
    },
    "zip_bomb": {
        "en": "The workbook would be too large when unpacked. Save it as .csv.",
        "de": "Die Arbeitsmappe wäre entpackt zu groß. Bitte als .csv speichern.",
    },
    "not_a_table": {
        "en": "This is neither CSV nor an XLSX workbook.",
        "de": "Das ist weder CSV noch eine XLSX-Arbeitsmappe.",
    },
    "too_large": {
        "en": "The file is larger than {line} MB. Import it in several parts.",
        "de": "Die Datei ist größer als {line} MB. Bitte in mehreren Teilen importieren.",
    },
    "cut_off": {
        "en": "The upload broke off in the middle. Nothing was kept: upload the file again.",
        "de": "Das Hochladen brach mittendrin ab. Nichts wurde behalten: Bitte noch einmal hochladen.",
    },
}


def say_problem(problem: str, language: str = "en") -> str:
    """Say why a file cannot be imported: a code, and after a blank the line (or the limit) it is about."""
    code, _, line = problem.partition(" ")
    texts = PROBLEMS.get(code)
    return (texts.get(language[:2]) or texts["en"]).format(line=line) if texts else problem
