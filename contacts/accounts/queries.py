"""Reads of companies."""

from collections.abc import Iterable

from contacts.accounts.models import Account
from contacts.profiles.rules import zone_of_country


def zones_of(account_ids: Iterable[int]) -> dict[int, str]:
    """The time zone of companies by id: that of their country; those without one are left out."""
    found = Account.objects.filter(pk__in=set(account_ids)).exclude(country="").values_list("pk", "country")
    zones = {pk: zone_of_country(country) for pk, country in found}
    return {pk: zone for pk, zone in zones.items() if zone}
