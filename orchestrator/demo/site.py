"""The pages of the demo shop: its slots, the journey that fills one, and somebody to come as."""

import hashlib
import hmac
import uuid
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from contacts.identity.operations import identify_people
from contacts.identity.rules import Seen
from journeys.content.models import Block
from journeys.content.operations import import_blocks
from journeys.definitions.operations import import_journey
from orchestrator.api.models import ApiKey
from orchestrator.channels.slots.models import Showing, Slot
from orchestrator.channels.slots.operations import save_slot
from orchestrator.demo.definitions import read

KEY_NAME, SOURCE = "Demo shop", "demo-shop"


class Guest(NamedTuple):
    """Somebody to come to the shop as: the id of their browser, and what to call them."""

    visitor: str
    name: str


@transaction.atomic
def write_site(*, now: datetime) -> None:
    """Bring the slots, their content and the journey into the tables; slots that are there stay as they are."""
    site = read("site")
    import_blocks(blocks=site["blocks"], now=now)
    for given in site["slots"]:
        if Slot.objects.filter(slug=given["slug"]).exists():
            continue
        fields = {name: given[name] for name in ("slug", "kind", "place")}
        fields |= {"name_en": given["name"]["en"], "name_de": given["name"]["de"]}
        fallback = Block.objects.filter(slug=given.get("fallback", "")).first()
        save_slot(slot_id=None, given=fields | {"fallback": fallback}, now=now)
    import_journey(definition=site["journey"], now=now, publish=True)


def shop_key(*, now: datetime) -> str:
    """The public key that stands in the shop's pages, made of the secret of this installation: the same at every start."""
    word = hmac.new(settings.SECRET_KEY.encode(), b"key of the demo shop", hashlib.sha256).hexdigest()
    key = f"ok_{word}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    fields = {"name": KEY_NAME, "prefix": key[:8], "source": SOURCE, "public": True, "created_at": now}
    ApiKey.objects.get_or_create(digest=digest, defaults=fields)
    return key


def come_as_somebody(*, now: datetime) -> Guest | None:
    """Take a new browser for the person whose message came last and was not seen yet; None when nothing waits."""
    waiting = Showing.objects.filter(shown_at=None, dismissed_at=None, expires_at__gt=now, touch__state="approved")
    newest = waiting.select_related("contact").order_by("-ready_at", "-pk").first()
    if newest is None or not newest.contact.external_id:
        return None
    visitor = str(uuid.uuid4())
    seen = Seen(user_id=newest.contact.external_id, anonymous_id=visitor)
    identify_people(people=[seen], now=now, source=SOURCE, trusted=True)
    return Guest(visitor, newest.contact.name)
