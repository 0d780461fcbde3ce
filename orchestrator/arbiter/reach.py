"""Which channels can deliver, and which kind of address each of them needs; in the order in which the next one is tried."""

KINDS = ("email", "phone", "id", "postal", "device")  # as the function contacts_address in the database knows them
_DELIVERING: dict[str, str] = {}


class UnknownAddress(Exception):
    """People have no such kind of address."""


def register_channel(name: str, address: str) -> None:
    """Have the arbiter approve touches of a channel: some adapter delivers it to this kind of address."""
    if address not in KINDS:
        raise UnknownAddress(address)
    _DELIVERING[name] = address


def withdraw_channel(name: str) -> None:
    """Take a channel out again: nothing delivers it any more, and its touches have no address."""
    _DELIVERING.pop(name, None)


def delivering() -> dict[str, str]:
    """Name the channels that can deliver, in order, with the kind of their address."""
    return dict(_DELIVERING)


register_channel("email", "email")
