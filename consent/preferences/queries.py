"""Signed unsubscribe links: made for a mail, and read when somebody follows one."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Subquery

from consent.preferences import rules
from consent.preferences.rules import Subject
from contacts.identity.queries import survivors
from contacts.profiles.models import Contact

SALT = "consent.preferences.unsubscribe"  # its own: a token of tracking never opens this door


def unsubscribe_token(subject: Subject) -> str:
    """Sign who and which touch. The same subject gives the same token, which never runs out."""
    return Signer(salt=SALT, sep=".").sign(rules.written(subject))


def unsubscribe_url(*, contact_id: int, touch_id: int = 0) -> str:
    """Give the address under which a person can unsubscribe without a login."""
    return f"{settings.PUBLIC_URL}/u/{unsubscribe_token(Subject(contact_id, touch_id))}/"


def subject_of(token: str) -> Subject | None:
    """Read a token; None when a single byte of it is not ours. Who was merged is whom they became."""
    try:
        subject = rules.read(Signer(salt=SALT, sep=".").unsign(token))
    except BadSignature:
        return None
    return subject and subject._replace(
        contact_id=survivors([subject.contact_id]).get(subject.contact_id, subject.contact_id)
    )


def same_address(contact_id: int) -> set[int]:
    """Everybody who has the e-mail address of this person; nobody when the person has none."""
    address = Contact.objects.filter(pk=contact_id).exclude(email="").values("email")
    return set(Contact.objects.filter(email=Subquery(address)).exclude(email="").values_list("pk", flat=True))
