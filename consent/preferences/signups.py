"""Signing up in two steps: somebody asks under an address, and whoever reads its mail confirms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from consent.preferences.mails import ask_service_mail
from consent.preferences.models import ServiceMail, Signup, SignupForm
from consent.preferences.queries import confirm_url
from consent.preferences.rules import ASKED_AT_MOST, CONFIRM_WITHIN, FORGET_AFTER, may_ask
from consent.purposes.models import Purpose, Wording
from consent.records.models import Suppression
from consent.records.operations import Choice, record_consents
from contacts.identity.queries import survivors
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from orchestrator.kernel import locks

SOURCE = "signup"
KIND = "double_opt_in"
LONGEST = max(window for _, window in ASKED_AT_MOST)


class Asked(NamedTuple):
    """What somebody asks for. fields: what they said about themselves; contact_id: who it is where a link says so."""

    email: str
    language: str
    wordings: Sequence[Wording]  # of what was ticked, as it was read
    url: str
    form: SignupForm | None = None
    fields: Mapping[str, str] | None = None
    contact_id: int | None = None


@transaction.atomic
def request_signup(*, asked: Asked, now: datetime) -> int | None:
    """Send one mail in which the choices can be confirmed; nothing is agreed until then. Returns the id of the sign-up.

    None: the address was asked often enough, or must not be written to; nothing was written. Whoever asks is not told.
    """
    email = asked.email.strip().lower()
    locks.hold(f"signup {email}")  # two requests at once are one mail
    before = Signup.objects.filter(email=email, requested_at__gt=now - LONGEST).values_list("requested_at", flat=True)
    if not may_ask(before, now) or Suppression.objects.filter(channel="email", address=email).exists():
        return None
    signup = Signup.objects.create(
        form=asked.form,
        contact_id=asked.contact_id,
        email=email,
        language=asked.language,
        fields={key: value for key, value in (asked.fields or {}).items() if value},
        choices=[{"purpose": w.purpose.slug, "wording": w.name, "digest": w.digest} for w in asked.wordings],
        url=asked.url[:500],
        requested_at=now,
        expires_at=now + CONFIRM_WITHIN,
    )
    texts = [{"name": w.purpose.named(asked.language), "text": w.text} for w in asked.wordings]
    values = {"signup": signup.pk, "url": confirm_url(signup.pk), "choices": texts, "days": CONFIRM_WITHIN.days}
    ask_service_mail(
        kind=KIND, address=email, language=asked.language, values=values, now=now, contact_id=asked.contact_id
    )
    return int(signup.pk)


@transaction.atomic
def confirm_signup(*, signup_id: int, now: datetime) -> str:
    """Record what a sign-up asked for as agreed, once. Returns "done", "expired", or "gone": nothing is left of it."""
    signup = Signup.objects.select_for_update(of=("self",)).select_related("form").filter(pk=signup_id).first()
    if signup is None:
        return "gone"
    if signup.state == Signup.State.CONFIRMED:
        return "done"
    if signup.state == Signup.State.EXPIRED or signup.expires_at <= now:
        return "expired"
    contact_id = _person(signup, now)
    if contact_id is None:
        return "gone"
    mail = ServiceMail.objects.filter(address=signup.email, kind=KIND, values__signup=signup.pk).values_list(
        "pk", flat=True
    )
    proof = {
        "method": "double_opt_in",
        "signup": signup.pk,
        "form": signup.form.slug if signup.form else "preferences",
        "url": signup.url,
        "requested_at": signup.requested_at.isoformat(),
        "confirmed_at": now.isoformat(),
        "mail": mail.first(),
    }
    active = set(Purpose.objects.filter(active=True).values_list("slug", flat=True))
    choices = [
        Choice(
            contact_id, one["purpose"], "granted", SOURCE, one["wording"],
            {**proof, "wording": one["wording"], "digest": one["digest"]},
        )
        for one in signup.choices if one["purpose"] in active
    ]  # fmt: skip
    record_consents(choices=choices, now=now)
    signup.contact_id, signup.state, signup.confirmed_at = contact_id, Signup.State.CONFIRMED, now
    signup.save(update_fields=["contact", "state", "confirmed_at"])
    return "done"


@transaction.atomic
def forget_signups(*, now: datetime) -> int:
    """Let what nobody confirmed expire, and go when it limits nothing any more. Returns how many went."""
    Signup.objects.filter(state=Signup.State.WAITING, expires_at__lte=now).update(state=Signup.State.EXPIRED)
    old = Signup.objects.filter(~Q(state=Signup.State.CONFIRMED), requested_at__lte=now - FORGET_AFTER)
    return int(old.delete()[0])


def _person(signup: Signup, now: datetime) -> int | None:
    """Who confirms: the person whose link it was while the address is theirs, else whoever has it, else somebody new."""
    if signup.contact_id is not None:
        person = survivors([signup.contact_id]).get(signup.contact_id, signup.contact_id)
        return person if Contact.objects.filter(pk=person, email=signup.email).exists() else None
    known = Contact.objects.filter(email=signup.email).exists()
    said: dict[str, Any] = {} if known else {"language": signup.language}
    newcomer = NewContact(email=signup.email, **said, **signup.fields)
    return upsert_contacts(people=[newcomer], now=now, source=SOURCE)[0]
