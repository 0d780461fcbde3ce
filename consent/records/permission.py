"""May a person be used for a purpose now? The shared rules as an expression, for any number of people.

`consent.records.rules.refusal` says the same about one person, with the reason; a test holds both together.
"""

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Expression

from consent.purposes.models import Purpose
from consent.records.models import State
from contacts.conditions.expressions import All, Either, Not
from contacts.conditions.registry import Subject
from contacts.profiles.models import Contact


def allowed(subject: Subject, purpose: str) -> Expression:
    """Whether a person may be used for a purpose now: restricted or not, by consent, until an objection, by contract.

    A topic needs its parent too. Purposes are looked up once in a statement and not for each person.
    """
    wanted = Purpose.objects.filter(slug=purpose, active=True).order_by()
    above = Purpose.objects.filter(topics__slug=purpose, active=True).order_by()
    topic = Purpose.objects.filter(slug=purpose, parent__isnull=False).order_by()
    return All(_by_itself(subject, wanted), Either(Not(Exists(topic)), _by_itself(subject, above)))


def states_of(subject: Subject, purposes: QuerySet[Purpose]) -> QuerySet[State]:
    """What holds for a person of one purpose."""
    return State.objects.filter(contact_id=OuterRef(subject.reference), purpose_id=Subquery(purposes.values("pk")))


def _by_itself(subject: Subject, purposes: QuerySet[Purpose]) -> Expression:
    """The rules without the parent; purposes: one, or none when it is unknown or switched off."""
    kinds = Purpose.Enforcement
    asked, told = purposes.filter(enforcement=kinds.OPT_IN), purposes.filter(enforcement=kinds.OPT_OUT)
    agreed = states_of(subject, asked).filter(
        Q(basis=State.Basis.CONSENT) | Exists(asked.filter(existing_customer=True)), granted=True
    )
    objected = states_of(subject, told).filter(granted=False)
    return Either(
        Exists(purposes.filter(enforcement=kinds.NONE)),
        All(_free(subject), Either(Exists(agreed), All(Exists(told), Not(Exists(objected))))),
    )


def _free(subject: Subject) -> Expression:
    """Whether nobody has restricted the use of the person's data (GDPR Art. 18)."""
    if not subject.prefix:
        return ExpressionWrapper(Q(restricted_at__isnull=True), BooleanField())
    restricted = Contact.objects.filter(pk=OuterRef(subject.reference), restricted_at__isnull=False)
    return Not(Exists(restricted))
