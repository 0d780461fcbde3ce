"""Says who a visitor is, by the rules by which facts find their person; reads only, and makes nobody."""

from contacts.identity.finding import find_keys
from contacts.identity.resolution import NOTHING_STANDS, resolve
from contacts.identity.rules import Seen, linkable
from orchestrator.kernel import planned, sql
from orchestrator.kernel.planned import Varying


def visitor_of(seen: Seen, *, trusted: bool) -> int | None:
    """Find the person whom checked identifiers lead to; None when they lead to nobody who is there.

    trusted: False for a public key: then a user id alone leads to nobody, and an anonymous id that somebody could guess
    leads to nobody who is known (promise G5).
    """
    if seen.anonymous_id and not any((seen.user_id, seen.email, seen.phone, seen.ids, seen.previous_id)):
        return _by_browser(seen.anonymous_id, trusted)
    keys = find_keys([seen], trusted)
    given = {
        "kinds": Varying([key.kind for key in keys], "text[]"),
        "vals": Varying([key.value for key in keys], "text[]"),
    }
    found = planned.rows(sql.statement("contacts/identity/sql/look_up.sql"), given)
    placed, _ = resolve([seen], trusted=trusted, found=found, standing=NOTHING_STANDS)
    person = placed[0].person
    if person.known and not trusted and not linkable(seen.anonymous_id or ""):
        return None
    return person.id


def _by_browser(anonymous_id: str, trusted: bool) -> int | None:
    """The same for an anonymous id alone, which is what pages send: one look at an index."""
    given = {"value": Varying(anonymous_id, "text")}
    found = planned.rows(sql.statement("contacts/identity/sql/visitor.sql"), given)
    if not found or (found[0][1] and not trusted and not linkable(anonymous_id)):
        return None
    return int(found[0][0])
