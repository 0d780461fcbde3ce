"""Signed links: made for a mail, and read when somebody follows one."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Subquery

from consent.preferences import rules
from consent.preferences.models import Preference, Signup
from consent.preferences.rules import Subject
from consent.purposes.models import Purpose
from contacts.identity.queries import survivors
from contacts.profiles.models import Contact

SALT = "consent.preferences.unsubscribe"  # its own: a token of tracking never opens this door
CONFIRM = "consent.preferences.confirm"  # nor does one of the other kind


def unsubscribe_token(subject: Subject) -> str:
    """Sign who and which touch. The same subject gives the same token, which never runs out."""
    return Signer(salt=SALT, sep=".").sign(rules.written(subject))


def unsubscribe_url(*, contact_id: int, touch_id: int = 0, purpose: str = Purpose.EMAIL_MARKETING) -> str:
    """Give the address under which a person can unsubscribe without a login.

    purpose: of the message; where it is a topic the page offers to end that alone.
    """
    return f"{settings.PUBLIC_URL}/u/{unsubscribe_token(_subject(contact_id, touch_id, purpose))}/"


def footer_urls(*, contact_id: int, touch_id: int, purpose: str) -> dict[str, str]:
    """Give the other addresses in the footer of a mail: `preferences`, and `why` the person got it."""
    token = unsubscribe_token(_subject(contact_id, touch_id, purpose))
    return {"preferences": f"{settings.PUBLIC_URL}/p/{token}/", "why": f"{settings.PUBLIC_URL}/w/{token}/"}


def subject_of(token: str) -> Subject | None:
    """Read a token; None when a single byte of it is not ours. Who was merged is whom they became."""
    try:
        subject = rules.read(Signer(salt=SALT, sep=".").unsign(token))
    except BadSignature:
        return None
    return subject and subject._replace(
        contact_id=survivors([subject.contact_id]).get(subject.contact_id, subject.contact_id)
    )


def confirm_url(signup_id: int) -> str:
    """Give the address under which a sign-up is confirmed."""
    return f"{settings.PUBLIC_URL}/d/{Signer(salt=CONFIRM, sep='.').sign(str(signup_id))}/"


def signup_of(token: str) -> Signup | None:
    """Find what a link of a confirmation names; None when the token is not ours, or nothing is left of it."""
    try:
        named = rules.NUMBER.fullmatch(Signer(salt=CONFIRM, sep=".").unsign(token))
    except BadSignature:
        return None
    return Signup.objects.select_related("form").filter(pk=int(named[0])).first() if named else None


def same_address(contact_id: int) -> set[int]:
    """Everybody who has the e-mail address of this person; nobody when the person has none."""
    address = Contact.objects.filter(pk=contact_id).exclude(email="").values("email")
    return set(Contact.objects.filter(email=Subquery(address)).exclude(email="").values_list("pk", flat=True))


def preference_of(contact_id: int) -> Preference | None:
    """What a person chose about frequency and pause; None when they never chose."""
    return Preference.objects.filter(contact_id=contact_id).first()


def _subject(contact_id: int, touch_id: int, purpose: str) -> Subject:
    return Subject(contact_id, touch_id, "" if purpose == Purpose.EMAIL_MARKETING else purpose)
