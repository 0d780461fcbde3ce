"""What every channel's courier can do: build a message, keep a line open to the provider, hand messages over."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from orchestrator.channels.rules import Answer
from orchestrator.channels.senders.queries import From


class Unavailable(Exception):
    """The provider cannot be reached; nothing was handed over."""


class Message(NamedTuple):
    """One message, filled. unsubscribe: the address for it, empty in service messages. service: touch_id names a service mail.

    sender: who a mail is from, the setting MAIL_FROM when None. link: where a push message leads. expires_at: it is of no use
    after this.
    """

    touch_id: int
    address: str
    subject: str
    html: str
    text: str
    unsubscribe: str
    service: bool = False
    contact_id: int = 0
    language: str = ""
    sender: From | None = None
    link: str = ""
    expires_at: datetime | None = None


class Line(Protocol):
    """An open line to a provider. Opening it raises Unavailable."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...
    def ready(self) -> None:
        """Have a line that works, before messages are marked as handed over. Raises Unavailable."""

    def send_all(self, messages: Sequence[Any], *, until: float) -> list[Answer]:
        """Hand messages over, in order; the answers may be fewer than the messages: the rest was not begun.

        until: by time.monotonic; nothing begins after it.
        """


class Courier(Protocol):
    """How messages of one channel go out.

    kind: of address. together: how many may be handed over in one go. provider: who takes them, empty where there is only one.
    """

    channel: str
    kind: str
    together: int

    @property
    def provider(self) -> str: ...

    def prepare(self, message: Message, *, now: datetime) -> Any:
        """Build what is handed over. Raises ValueError when it cannot be written."""

    def line(self) -> Line: ...


def provider_of(courier: Courier) -> str:
    """The name of the provider behind a courier, for rate limits and for people; the channel where it has only one."""
    return courier.provider or courier.channel
