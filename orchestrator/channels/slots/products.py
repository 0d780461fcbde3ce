"""Products for a recommendation slot: what is bought together with one, and what a person looked at and did not buy."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orchestrator.channels.slots.models import SlotDay
from orchestrator.channels.slots.queries import Place, Shown, token_of
from orchestrator.channels.slots.rules import MOST_PRODUCTS, web_address
from orchestrator.kernel import planned, sql
from orchestrator.kernel.planned import Varying


def products_with(place: Place, product: str, *, language: str) -> Shown | None:
    """What is bought together with a product, for everybody: nobody is recognised for it, and nothing is followed."""
    given = {"product": Varying(product, "text"), "most": MOST_PRODUCTS}
    rows = planned.rows(sql.statement("orchestrator/channels/slots/sql/bought_together.sql"), given)
    with translation.override(language):
        return _shown(place, rows, _("Often bought together"), language)


def products_for(place: Place, contact_id: int, *, language: str, now: datetime) -> Shown | None:
    """What a person who agreed to profiling looked at lately and did not buy, then what goes with what they bought."""
    given = {"contact": Varying(contact_id, "bigint"), "most": MOST_PRODUCTS}
    rows = planned.rows(sql.statement("orchestrator/channels/slots/sql/for_person.sql"), given)
    if not rows:
        return None
    language = rows[0][-1] or language
    with translation.override(language):
        made = _shown(place, rows, _("Picked for you"), language)
    day = timezone.localdate(now).toordinal()
    return made and made._replace(tracking=token_of("p", contact_id, place.id, day))


def _shown(place: Place, rows: Sequence[tuple[Any, ...]], title: str, language: str) -> Shown | None:
    items = [
        {
            "product": key,
            "title": name or key,
            "url": web_address(url),
            "image": web_address(image),
            "price": str(price) if price is not None else "",
            "currency": currency,
        }
        for key, name, url, image, price, currency, *rest in rows
    ]
    if not items:
        return None
    content = {"title": title, "text": "", "image": None, "button": None, "items": items}
    return Shown(SlotDay.Answer.RECOMMENDATION, place.kind, content, language=language)
