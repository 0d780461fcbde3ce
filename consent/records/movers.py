"""What a merge does with consents: of two answers the more restrictive holds, and an undo widens nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from consent.purposes.models import Purpose
from consent.records.models import State
from contacts.identity.movers import pairs_as_parameters
from contacts.identity.registry import Couple, Foreseen, How, Mover, Pair, register_mover, register_preview
from orchestrator.kernel import sql

SOURCE = "merge"


def restrict(pairs: Sequence[Pair], now: datetime) -> None:
    """Let the survivors keep only what both have agreed to; a visitor without a name has only refusals to say."""
    given = {**pairs_as_parameters(pairs), "now": now, "source": SOURCE}
    sql.rows(sql.statement("consent/records/sql/merge.sql"), given)


def part(pair: Pair, now: datetime) -> None:
    """Give both what they had before, where it is not more than what holds now."""
    sql.rows(sql.statement("consent/records/sql/part.sql"), {**pair._asdict(), "now": now, "source": SOURCE})


def both(mine: bool | None, theirs: bool | None, *, visitor: bool) -> bool | None:
    """Say what holds for one person when two gave these answers (None: nothing said); as `merge.sql` does it."""
    if mine is False or theirs is False:
        return False
    if theirs is None and mine and not visitor:
        return False
    return mine


def foresee(couples: Sequence[Couple]) -> dict[Couple, list[Foreseen]]:
    """Say which consents would hold after merges."""
    ids = {couple.survivor for couple in couples} | {couple.loser for couple in couples}
    rows = State.objects.filter(contact_id__in=ids).values_list("contact_id", "purpose_id", "granted")
    said = {(contact, purpose): granted for contact, purpose, granted in rows}
    words = {True: _("yes"), False: _("no"), None: _("never said")}
    found: dict[Couple, list[Foreseen]] = {}
    purposes = list(Purpose.objects.filter(enforcement=Purpose.Enforcement.OPT_IN))
    for couple in couples:
        for purpose in purposes:
            mine, theirs = said.get((couple.survivor, purpose.pk)), said.get((couple.loser, purpose.pk))
            if mine is not None or theirs is not None:
                then = both(mine, theirs, visitor=couple.visitor)
                line = Foreseen(purpose.name, words[mine], words[theirs], words[then])
                found.setdefault(couple, []).append(line)
    return found


register_preview(foresee)
register_mover(Mover("consent_record", how=How.KEPT, why="nobody changes what somebody said, and who said it"))
register_mover(Mover("consent_state", how=How.OWN, why="the more restrictive of two holds", before=restrict, undo=part))
