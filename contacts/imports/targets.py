"""Where a column may go, and which names and values of columns speak for which place."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from contacts.attributes.special import TAKEN, special_of
from contacts.imports.guess import EMAIL

FIELDS = (
    "email", "external_id", "phone", "first_name", "last_name", "language", "country", "time_zone", "job_title", "account",
)  # fmt: skip
IGNORE = ""
CONSENT_AT = "consent_at"
ATTRIBUTE, NEW, IDENTIFIER = "attribute:", "new:", "id:"
_NAMES: dict[str, str] = {
    "email": "email mail emailaddress mailaddress eaddress emailadresse mailadresse kontaktemail emailprivat emailgeschaeftlich",
    "external_id": "externalid id userid customerid contactid personid leadid prospectid memberid clientid kundennummer kundennr "
    "kundenid personennummer mitgliedsnummer externeid kontaktid",
    "phone": "phone phonenumber telephone tel mobile mobilephone cell cellphone telefon telefonnummer mobil mobilnummer handy "
    "handynummer rufnummer",
    "first_name": "firstname givenname forename vorname rufname fname",
    "last_name": "lastname surname familyname nachname familienname zuname lname name",
    "language": "language lang locale preferredlanguage sprache sprachcode",
    "country": "country countrycode nation land laendercode landescode staat",
    "time_zone": "timezone tz zeitzone",
    "job_title": "jobtitle position role title jobrole beruf funktion stelle taetigkeit",
    "account": "account company companyname organisation organization employer firma firmenname unternehmen arbeitgeber",
    "consent_at": "consentat consentdate consenttime optinat optindate optintime einwilligungam einwilligungsdatum optindatum",
    "consent:email_marketing": "consent emailconsent newsletter newsletteroptin optin emailoptin marketingconsent einwilligung "
    "emaileinwilligung newslettereinwilligung werbeeinwilligung",
    "objection:email_marketing": "donotemail optout emailoptout unsubscribed nomail keineemail keinewerbung werbesperre "
    "emailsperre abgemeldet widerspruch",
}
BY_NAME = {name: target for target, names in _NAMES.items() for name in names.split()}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def folded(name: str) -> str:
    """Bring a name of a column to its letters: "E-Mail", "e_mail" and "eMail" are one."""
    text = unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", text))


def key_of(name: str) -> str:
    """Make the key of a new attribute out of a column's name: "TotalVisits" and "Total visits" give total_visits."""
    text = unicodedata.normalize("NFC", name).strip()
    text = re.sub(r"(?<=[a-zäöüß0-9])(?=[A-ZÄÖÜ])", " ", text).casefold().translate(_UMLAUTS)
    return re.sub(r"[^a-z0-9]+", "_", unicodedata.normalize("NFKD", text)).strip("_")[:100]


def guess_targets(
    headers: Sequence[str], rows: Sequence[Sequence[str]], attributes: Mapping[str, Sequence[str]]
) -> list[str]:
    """Guess where each column goes; no place is given twice.

    attributes: key -> further names (labels). A column that nothing speaks for becomes a new attribute when it has a
    name and a value, else nothing.
    """
    known = {folded(name): ATTRIBUTE + key for key, names in attributes.items() for name in (key, *names)}
    found: list[str] = []
    for place, header in enumerate(headers):
        values = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        name = folded(header)
        target = BY_NAME.get(name) or known.get(name) or _by_content(values)
        key = key_of(header)
        # a name of our own, or one that says something nobody may keep without a decision, becomes no attribute by itself
        if not target and header.strip() and values and key and key not in TAKEN and special_of(key) is None:
            target = NEW + key
        found.append(target if target not in found else IGNORE)
    return found


def _by_content(values: Sequence[str]) -> str:
    hits = sum(1 for value in values if EMAIL.fullmatch(value))
    return "email" if values and hits >= len(values) * 0.8 else ""
