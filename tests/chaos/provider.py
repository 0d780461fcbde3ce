"""A provider for tests: says when a call starts, with address and purpose, and answers what it is told to answer."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.core.mail.backends.base import BaseEmailBackend


class Killed(BaseException):
    """The worker is gone: nothing after this happens, and nobody may catch it."""


class Call(NamedTuple):
    """One message whose handing over has started. The purpose is what the message itself says it is for."""

    touch: int
    address: str
    purpose: str
    answer: str


class Provider(BaseEmailBackend):
    """The mail backend of these tests. `answers` is taken from the front; without one the provider accepts."""

    calls: ClassVar[list[Call]] = []
    answers: ClassVar[list[str]] = []
    opened: ClassVar[bool] = False
    watch: ClassVar[Callable[[Call], None]] = staticmethod(lambda call: None)

    @classmethod
    def begin(cls, watch: Callable[[Call], None]) -> None:
        """Forget the run before."""
        cls.calls, cls.answers, cls.opened, cls.watch = [], [], False, staticmethod(watch)

    def open(self) -> bool:
        type(self).opened = True
        return True

    def send_messages(self, email_messages: Any) -> int:
        for message in email_messages:
            answer = self.answers.pop(0) if self.answers else "accept"
            purpose = message.subject.removeprefix("for ")
            call = Call(int(message.extra_headers["X-Touch"]), message.to[0], purpose, answer)
            self.calls.append(call)
            self.watch(call)
            if answer == "kill":
                raise Killed("during the call")
            if answer == "reset":
                raise ConnectionResetError("the answer was lost")
            if answer == "busy":
                return 0
        return len(email_messages)
