"""The values that a text may use: what there is, what it is called, and an example."""

from typing import NamedTuple

from contacts.attributes.queries import definitions

KNOWN = {
    "contact": {"first_name", "last_name", "name", "language", "country", "job_title", "attributes"},
    "account": {"name", "industry", "country"},
    "journey": {"name"},
    "run": {"key", "evidence"},
    "offer": {"slug", "kind", "name", "code", "valid_until", "value", "currency", "decline_url"},
    "survey": {"url", "choices", "question"},
    "shop_url": set(),
    "public_url": set(),
}
NAMES = {
    "contact.first_name": {"en": "First name", "de": "Vorname"},
    "contact.last_name": {"en": "Last name", "de": "Nachname"},
    "contact.name": {"en": "Whole name", "de": "Ganzer Name"},
    "contact.job_title": {"en": "Job title", "de": "Position"},
    "contact.country": {"en": "Country", "de": "Land"},
    "account.name": {"en": "Company", "de": "Firma"},
    "account.industry": {"en": "Industry of the company", "de": "Branche der Firma"},
    "journey.name": {"en": "Name of the journey", "de": "Name der Journey"},
    "run.key": {"en": "Key of the run, e.g. the cart", "de": "Schlüssel des Durchlaufs, z. B. der Warenkorb"},
    "offer.name": {"en": "Offer", "de": "Angebot"},
    "offer.code": {"en": "Code of the offer", "de": "Code des Angebots"},
    "offer.valid_until": {"en": "End of the offer", "de": "Ende des Angebots"},
    "offer.value": {"en": "Value of the offer", "de": "Wert des Angebots"},
    "offer.decline_url": {"en": "Link to decline the offer", "de": "Link zum Ablehnen des Angebots"},
    "survey.question": {"en": "Question of the survey", "de": "Frage der Umfrage"},
    "survey.url": {"en": "Link to the page of the survey", "de": "Link zur Seite der Umfrage"},
    "shop_url": {"en": "Address of the shop", "de": "Adresse des Shops"},
}
INSERTED = {
    "contact.first_name": '{{ contact.first_name | default: "…" }}',
    "journey.name": "{{ journey.name }}",
    "survey.question": "{{ survey.question }}",
    "survey.url": "{{ survey.url }}",
    "shop_url": "{{ shop_url }}",
    "offer.value": '{{ offer.value | money: offer.currency | default: "…" }}',
    "offer.valid_until": '{{ offer.valid_until | date: "long" | default: "…" }}',
}


class Value(NamedTuple):
    """One value that can be put into a text. text: what stands there then."""

    path: str
    name: dict[str, str]
    text: str


def values() -> list[Value]:
    """List what may be put in: the person, the company, the run, the offer, then the team's attributes."""
    own = {
        f"contact.attributes.{one.key}": {"en": one.name_en or one.key, "de": one.name_de or one.key}
        for one in definitions().values()
        if one.active and not one.sensitive
    }
    return [Value(path, name, INSERTED.get(path, _caught(path))) for path, name in {**NAMES, **own}.items()]


def known(path: str) -> bool:
    """Whether a value exists, as far as that can be said without a person."""
    root, _dot, rest = path.partition(".")
    if root not in KNOWN:
        return False
    return not (rest and KNOWN[root]) or rest.split(".")[0].split("[")[0] in KNOWN[root]


def _caught(path: str) -> str:
    return f'{{{{ {path} | default: "…" }}}}'
