"""The offer leaf: whether somebody has, took, declined or never got an offer; and how it looks in the builder."""

from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from contacts.conditions.expressions import Not
from contacts.conditions.names import Names, quoted, register_names
from contacts.conditions.parts import one_of_problems, say_within, slug_problems, window_problems, window_q
from contacts.conditions.registry import Context, Leaf, Moments, register
from contacts.conditions.rows import Part, Row, Words, choice_part, name_part, register_row, window_part
from contacts.conditions.rules import Dependencies, Problem
from journeys.offers.granting import ACCEPTED, DECLINED, EXPIRED, MADE, WITHDRAWN

ANY = "any"
NEVER = "never"
STATES = ("open", "accepted", "declined", "expired", NEVER)
WORDS = {
    "en": {
        "open": ("has {} open", "has not {} open"),
        "accepted": ("has accepted {}", "has not accepted {}"),
        "declined": ("has declined {}", "has not declined {}"),
        "expired": ("has let {} expire", "has not let {} expire"),
        NEVER: ("has never got {}", "has got {}"),
    },
    "de": {
        "open": ("hat {} offen", "hat {} nicht offen"),
        "accepted": ("hat {} angenommen", "hat {} nicht angenommen"),
        "declined": ("hat {} abgelehnt", "hat {} nicht abgelehnt"),
        "expired": ("hat {} verfallen lassen", "hat {} nicht verfallen lassen"),
        NEVER: ("hat {} nie bekommen", "hat {} bekommen"),
    },
}
THE_OFFER = {"en": "the offer {}", "de": "das Angebot {}"}
AN_OFFER = {"en": "an offer", "de": "ein Angebot"}
STATE_WORDS = {
    "open": _("has it open"),
    "accepted": _("has accepted it"),
    "declined": _("has declined it"),
    "expired": _("has let it expire"),
    NEVER: _("has never got it"),
}


class OfferLeaf(Leaf):
    """`{"offer": "spring-voucher", "state": "accepted", "within": "90d"}`; "any" stands for every offer.

    The state is "open" unless said. `within` is about when it came to that: made, accepted, declined, expired; of "never":
    not got in that time.
    """

    key = "offer"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = slug_problems(node, path, "offer", {"offer", "state", "within"})
        return problems + one_of_problems(node, path, "state", STATES) + window_problems(node, path, "within")

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        found = self._grants(node, context).filter(window_q(node, self._moment(node), context.now))
        return Not(Exists(found)) if self._state(node) == NEVER else Exists(found)

    def _state(self, node: dict[str, Any]) -> str:
        return str(node.get("state", "open"))

    def _grants(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        return self._in_state(node).filter(contact_id=OuterRef(context.subject.reference))

    def _in_state(self, node: dict[str, Any]) -> QuerySet[Any]:
        from journeys.offers.models import OfferGrant

        found = OfferGrant.objects.order_by()
        if node["offer"] != ANY:
            found = found.filter(offer__slug=node["offer"])
        return found if self._state(node) == NEVER else found.filter(state=self._state(node))

    def _moment(self, node: dict[str, Any]) -> str:
        """The column with the instant at which a grant came into the state."""
        return "granted_at" if self._state(node) in ("open", NEVER) else "answered_at"

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        return [Moments(self._in_state(node), self._moment(node))]

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        grants = self._grants(node, context).annotate(came=Coalesce(self._moment(node), "granted_at"))
        return Subquery(grants.values("contact_id").annotate(newest=Max("came")).values("newest"))

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, 0)

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, 1)

    def _say(self, node: dict[str, Any], language: str, names: Names | None, way: int) -> str:
        slug = node["offer"]
        name = AN_OFFER[language] if slug == ANY else THE_OFFER[language].format(quoted(names, "offer", slug, language))
        text = WORDS[language][self._state(node)][way].format(name)
        return text + say_within(node["within"], language) if "within" in node else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        return Dependencies(others={MADE, ACCEPTED, DECLINED, EXPIRED, WITHDRAWN}, timed="within" in node)


def _offers() -> QuerySet[Any]:
    from journeys.offers.models import Offer

    return Offer.objects.all()


def _parts(words: Words) -> list[Part]:
    offers = [{"value": ANY, "label": str(_("any offer"))}, *words.of("offer")]
    return [
        name_part("offer", words, _("Offer"), options=offers),
        choice_part("state", _("State"), STATE_WORDS, default="open"),
        window_part(),
    ]


register(OfferLeaf())
register_names("offer", _offers)
register_row(Row("offer", _("Offer"), {"offer": ANY, "state": "open"}, _parts))
