"""A column that says what became of the last mail: who bounced, unsubscribed or called it spam is not written to again."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from consent.records.columns import ObjectionColumn
from consent.records.models import Suppression
from contacts.imports.models import Import
from contacts.imports.registry import Left, Said, register
from contacts.profiles.models import Contact

WORDS = {
    Suppression.Reason.BOUNCED: ("bounce", "unzustellbar", "undeliverable"),
    Suppression.Reason.COMPLAINED: ("spam", "complain", "beschwer"),
    "unsubscribed": ("unsubscri", "opted out", "opt-out", "abgemeldet", "abbestellt"),
}


class StatusColumn(ObjectionColumn):
    """`status:email_marketing`: bounced, unsubscribed or spam refuse and need no proof; everything else says nothing."""

    key = "status"

    def label(self, name: str) -> str:
        return _("Last activity: %(purpose)s (bounced, unsubscribed, spam = must not)") % {"purpose": name}

    def read(self, name: str, text: str, *, proven: bool) -> str | None:  # type: ignore[override]  # which of them it was
        said = text.casefold()
        return next((str(reason) for reason, words in WORDS.items() if any(word in said for word in words)), None)

    def record(
        self, *, job: Import, said: Sequence[Said], now: datetime, dry: bool = False, tell: bool = True
    ) -> list[Left]:
        left = super().record(job=job, said=said, now=now, dry=dry, tell=tell)
        reasons = {one.contact_id: one.value for one in said if one.value != "unsubscribed"}
        if not dry and reasons:
            known = Contact.objects.filter(pk__in=reasons).exclude(email="").values_list("pk", "email")
            rows = [Suppression(channel="email", address=mail, reason=reasons[pk], since=now) for pk, mail in known]
            Suppression.objects.bulk_create(rows, ignore_conflicts=True)  # the first reason stays
        return left


register(StatusColumn())
