"""Who looks at addresses that come in, whichever door they come by; registered by higher rooms when they start."""

from collections.abc import Callable, Collection
from datetime import datetime

Watch = Callable[[Collection[str], datetime], None]
_watches: list[Watch] = []


def register_address_watch(watch: Watch) -> None:
    """Have a function told of e-mail addresses, in lower case, that were just written to people."""
    if watch not in _watches:
        _watches.append(watch)


def tell_of_addresses(addresses: Collection[str], now: datetime) -> None:
    """Tell everybody who watches, in the transaction that writes the people."""
    known = {address.strip().lower() for address in addresses if address}
    if known:
        for watch in _watches:
            watch(known, now)
