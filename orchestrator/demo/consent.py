"""What the team of Nordlicht asks people, and the requests that came in about their data: `company/consent.yaml`."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from consent.preferences.form_editing import save_form
from consent.privacy.operations import carry_out_access, open_request, take_request
from consent.purposes.models import Purpose, Wording
from consent.purposes.operations import save_purpose, write_wording
from consent.purposes.rules import Draft
from contacts.profiles.models import Contact
from orchestrator.demo.definitions import FOUNDED, read

DAY = timedelta(days=1)


def write_consent_texts() -> None:
    """Bring topics, wordings and sign-up forms into the tables; what is there already stays as it is."""
    given = read("consent")
    for topic in given["topics"]:
        if not Purpose.objects.filter(slug=topic["slug"]).exists():
            _write_topic(topic)
    for slug, texts in given["wordings"].items():
        purpose = Purpose.objects.get(slug=slug)
        for language, text in texts.items():
            if not Wording.objects.filter(purpose=purpose, language=language).exists():
                write_wording(purpose_id=purpose.pk, language=language, text=text, by=None, now=FOUNDED)
    for form in given["forms"]:
        ids = dict(Purpose.objects.values_list("slug", "id"))
        shown = {f"{part}_{code}": form[part][code] for part in ("name", "intro") for code in ("en", "de")}
        save_form(
            slug=form["slug"],
            given=shown | {"active": True},
            fields=form["fields"],
            purposes=[ids[slug] for slug in form["purposes"]],
            now=FOUNDED,
        )


def _write_topic(topic: dict[str, Any]) -> None:
    parent = Purpose.objects.get(slug=topic["parent"])
    draft = Draft(
        slug=topic["slug"],
        name_en=topic["name"]["en"],
        name_de=topic["name"]["de"],
        kind=parent.kind,
        channel=parent.channel,
        parent_id=parent.pk,
        enforcement=parent.enforcement,
        legal_basis=topic["legal_basis"],
    )
    save_purpose(draft=draft, now=FOUNDED)


def write_requests(*, officer: User, now: datetime) -> list[int]:
    """Open the requests that people made over the last weeks, and answer what the officer has answered. Returns their ids.

    They are of those who have been known longest with an address, one each.
    """
    given = read("consent")["requests"]
    people = Contact.objects.exclude(email="").order_by("id").values_list("id", flat=True)[: len(given)]
    made = []
    for one, contact_id in zip(given, people, strict=False):
        at = now - one["days"] * DAY
        number = open_request(
            kind=one["kind"], contact_id=contact_id, source=one["source"], text=one["text"], by=None, now=at
        )
        if one.get("take"):
            take_request(request_id=number, by=officer, now=at + DAY / 4)
        if one.get("answer"):
            carry_out_access(request_id=number, send=False, by=officer, now=at + DAY)
        made.append(number)
    return made
