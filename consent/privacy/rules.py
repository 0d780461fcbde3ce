"""Rights and retention without a database: due dates, digests of who was erased, why we process what, how long it is kept."""

import hashlib
import hmac
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

Text = Mapping[str, str]  # {"en": ..., "de": ...}
ERASED = "erased"  # the tombstone of an address that nobody suppressed, and of a person
PERSON = "contact"  # the channel of a tombstone that stands for a person and not for an address
OBJECTION = "objection"
ERASURE = "erasure"
LINK_SECONDS = 24 * 3600  # how long a link to confirm a request, or to fetch an export, works
MOST_ASKED = 3  # unconfirmed requests of a person in a day: who has an old mail cannot have us write without end


class Activity(NamedTuple):
    """Why data is processed: one line of the record of processing (GDPR Art. 30)."""

    name: Text
    purpose: Text
    basis: Text
    receivers: Text


class RetentionClass(NamedTuple):
    """What is kept how long. most: days that nobody can exceed, since something else ends then; starts: on by default."""

    name: Text
    days: int
    most: int | None = None
    starts: bool = True


def due_on(received: date) -> date:
    """Say by when a request is to be answered: one month after it came in. Source: GDPR Art. 12(3)."""
    year, month = (received.year + 1, 1) if received.month == 12 else (received.year, received.month + 1)
    return date(year, month, min(received.day, monthrange(year, month)[1]))


def digest_of(address: str, key: bytes) -> str:
    """Give the keyed digest of an address in any case: the same address gives the same one, and none can be read back."""
    return hmac.new(key, address.strip().lower().encode(), hashlib.sha256).hexdigest()


def digest_of_person(contact_id: int, key: bytes) -> str:
    """Give the keyed digest that stands for a person who was erased."""
    return digest_of(f"contact:{contact_id}", key)


STAFF = {"en": "people who work with the product", "de": "Menschen, die mit dem Produkt arbeiten"}
OURS = {"en": "marketing; who runs the servers", "de": "Marketing; Betrieb der Server"}
SALES = {"en": "marketing, sales; who runs the servers", "de": "Marketing, Vertrieb; Betrieb der Server"}
SENDING = {
    "en": "mail provider, receivers of webhooks; who runs the servers",
    "de": "Mailanbieter, Empfänger von Webhooks; Betrieb der Server",
}
NOBODY = {"en": "nobody outside; who runs the servers", "de": "niemand außerhalb; Betrieb der Server"}
OFFICER = {"en": "privacy officer; who runs the servers", "de": "Datenschutzbeauftragte; Betrieb der Server"}
ACTIVITIES: dict[str, Activity] = {
    "people": Activity(
        {"en": "Profiles", "de": "Profile"},
        {"en": "Know who customers and prospects are", "de": "Wissen, wer Kundinnen, Kunden und Interessierte sind"},
        {"en": "GDPR Art. 6(1)(b) and (f)", "de": "DSGVO Art. 6 Abs. 1 lit. b und f"},
        SALES,
    ),
    "companies": Activity(
        {"en": "Companies", "de": "Unternehmen"},
        {"en": "Know which company people belong to", "de": "Wissen, zu welchem Unternehmen jemand gehört"},
        {"en": "GDPR Art. 6(1)(f)", "de": "DSGVO Art. 6 Abs. 1 lit. f"},
        SALES,
    ),
    "behaviour": Activity(
        {"en": "Behaviour and what it means", "de": "Verhalten und was es bedeutet"},
        {"en": "Recognise what people are interested in", "de": "Erkennen, was Menschen interessiert"},
        {
            "en": "GDPR Art. 6(1)(a), consent to profiling; orders: Art. 6(1)(b)",
            "de": "DSGVO Art. 6 Abs. 1 lit. a, Einwilligung in Profilbildung; Bestellungen: lit. b",
        },
        OURS,
    ),
    "journeys": Activity(
        {"en": "Journeys", "de": "Journeys"},
        {"en": "Find the next step that makes sense", "de": "Den nächsten sinnvollen Schritt finden"},
        {"en": "GDPR Art. 6(1)(a) and (f)", "de": "DSGVO Art. 6 Abs. 1 lit. a und f"},
        OURS,
    ),
    "messages": Activity(
        {"en": "Messages", "de": "Nachrichten"},
        {"en": "Write to people who agreed to it", "de": "Menschen schreiben, die zugestimmt haben"},
        {
            "en": "GDPR Art. 6(1)(a), UWG § 7; service messages: Art. 6(1)(b)",
            "de": "DSGVO Art. 6 Abs. 1 lit. a, UWG § 7; Servicenachrichten: lit. b",
        },
        SENDING,
    ),
    "advertising": Activity(
        {"en": "Audiences at ad platforms", "de": "Zielgruppen bei Werbeplattformen"},
        {
            "en": "Show ads to people who agreed to it, and to nobody else",
            "de": "Anzeigen nur Menschen zeigen, die zugestimmt haben",
        },
        {
            "en": "GDPR Art. 6(1)(a), consent to third parties; until a removal has arrived: Art. 6(1)(c)",
            "de": "DSGVO Art. 6 Abs. 1 lit. a, Einwilligung in Dritte; bis eine Entfernung angekommen ist: lit. c",
        },
        {
            "en": "Google, Meta (hashed addresses and numbers), who gets a file; who runs the servers",
            "de": "Google, Meta (gehashte Adressen und Nummern), wer eine Datei erhält; Betrieb der Server",
        },
    ),
    "offers": Activity(
        {"en": "Offers", "de": "Angebote"},
        {"en": "Give offers and honour them", "de": "Angebote machen und einlösen"},
        {"en": "GDPR Art. 6(1)(b) and (f)", "de": "DSGVO Art. 6 Abs. 1 lit. b und f"},
        SENDING,
    ),
    "sales": Activity(
        {"en": "Handover to sales", "de": "Übergabe an den Vertrieb"},
        {"en": "Let sales talk to people who want to buy", "de": "Den Vertrieb mit Kaufinteressierten sprechen lassen"},
        {"en": "GDPR Art. 6(1)(b) and (f)", "de": "DSGVO Art. 6 Abs. 1 lit. b und f"},
        SALES,
    ),
    "imports": Activity(
        {"en": "Imports", "de": "Importe"},
        {"en": "Bring files of people in, and undo it", "de": "Dateien mit Menschen einlesen und das zurücknehmen"},
        {"en": "GDPR Art. 6(1)(f)", "de": "DSGVO Art. 6 Abs. 1 lit. f"},
        OURS,
    ),
    "proof": Activity(
        {"en": "Consent and its proof", "de": "Einwilligung und Nachweis"},
        {"en": "Know and prove what people agreed to", "de": "Wissen und nachweisen, wozu Menschen zugestimmt haben"},
        {"en": "GDPR Art. 6(1)(c), 7(1)", "de": "DSGVO Art. 6 Abs. 1 lit. c, Art. 7 Abs. 1"},
        OFFICER,
    ),
    "rights": Activity(
        {"en": "Requests of people", "de": "Anträge von Menschen"},
        {"en": "Answer requests and prove it", "de": "Anträge beantworten und das nachweisen"},
        {"en": "GDPR Art. 6(1)(c), 12 to 22", "de": "DSGVO Art. 6 Abs. 1 lit. c, Art. 12 bis 22"},
        OFFICER,
    ),
    "silence": Activity(
        {"en": "Addresses that stay silent", "de": "Adressen, an die nichts geht"},
        {"en": "Never write where nobody may be written to", "de": "Nie schreiben, wo nicht geschrieben werden darf"},
        {"en": "GDPR Art. 6(1)(c) and (f), 21(3)", "de": "DSGVO Art. 6 Abs. 1 lit. c und f, Art. 21 Abs. 3"},
        NOBODY,
    ),
    "staff": Activity(
        {"en": "People who work here", "de": "Menschen, die hier arbeiten"},
        {"en": "Sign in, and see who did what", "de": "Anmelden, und sehen, wer was getan hat"},
        {"en": "GDPR Art. 6(1)(b) and (f)", "de": "DSGVO Art. 6 Abs. 1 lit. b und f"},
        {"en": "administrators; who runs the servers", "de": "Administration; Betrieb der Server"},
    ),
    "definitions": Activity(
        {"en": "Rules, texts and journeys of the team", "de": "Regeln, Texte und Journeys des Teams"},
        {"en": "Work; who made and changed what", "de": "Arbeiten; wer was gemacht und geändert hat"},
        {"en": "GDPR Art. 6(1)(f)", "de": "DSGVO Art. 6 Abs. 1 lit. f"},
        STAFF,
    ),
    "figures": Activity(
        {"en": "Key figures", "de": "Kennzahlen"},
        {"en": "Counts; nobody can be told from them", "de": "Zahlen; niemand ist daraus zu erkennen"},
        {"en": "no personal data", "de": "keine personenbezogenen Daten"},
        STAFF,
    ),
    "operation": Activity(
        {"en": "Operation", "de": "Betrieb"},
        {"en": "Keep the product running", "de": "Das Produkt am Laufen halten"},
        {"en": "GDPR Art. 6(1)(f)", "de": "DSGVO Art. 6 Abs. 1 lit. f"},
        NOBODY,
    ),
}
