"""Reads batches and their letters."""

from babel import Locale
from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet

from contacts.profiles.models import Contact
from orchestrator.channels.letters.models import Letter, LetterBatch, LetterDownload
from orchestrator.channels.letters.rules import address_lines

PARTS = {"street": 300, "postal_code": 40, "city": 200}  # attributes of a person, and how long they may be


def batches() -> QuerySet[LetterBatch]:
    """Every batch, the newest first, with how many letters go out and who took them out."""
    downloads = LetterDownload.objects.select_related("by").order_by("-pk")
    counted = LetterBatch.objects.annotate(
        n=Count("letters", filter=Q(letters__reason="")), dropped=Count("letters", filter=~Q(letters__reason=""))
    )
    return counted.prefetch_related(Prefetch("downloads", downloads)).order_by("-pk")


def letters_of(batch_id: int) -> list[Letter]:
    """The letters of a batch that go out, by postal code, as they come out of the printer."""
    found = Letter.objects.filter(batch_id=batch_id, reason="").order_by("postal_code", "pk")
    return list(found.select_related("touch__journey"))


def lines_of(letter: Letter) -> list[str]:
    """The address of a letter as it stands in its window; the country in the language of the post that carries it out."""
    return address_lines(
        name=letter.name,
        company=letter.company,
        street=letter.street,
        postal_code=letter.postal_code,
        city=letter.city,
        country=letter.country,
        home=settings.LETTER_COUNTRY,
        countries=Locale("de" if settings.LETTER_COUNTRY in ("DE", "AT", "CH") else "en").territories,
    )


def addresses_of(contact_ids: list[int]) -> dict[int, dict[str, str]]:
    """Where people live, in parts as a letter needs them; who has no whole address is left out. One statement."""
    found = {}
    for person in Contact.objects.select_related("account").filter(pk__in=contact_ids):
        parts = {key: str(person.attributes.get(key) or "").strip()[:most] for key, most in PARTS.items()}
        if all(parts.values()):
            found[person.pk] = {
                "name": f"{person.first_name} {person.last_name}".strip(),
                "company": person.account.name if person.account else "",
                "country": person.country,
                **parts,
            }
    return found
