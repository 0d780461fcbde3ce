"""Patience with the database, for doors of machines: they must not answer 500 because two got in each other's way."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure

from contacts.profiles.operations import Gone

ATTEMPTS = 3  # of a transaction that the database ended because two got in each other's way
Result = TypeVar("Result")


def again(work: Callable[[], Result]) -> Result:
    """Do something, again when it was the loser of a deadlock or somebody in it was merged meanwhile."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except Gone:
            continue
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
    return work()
