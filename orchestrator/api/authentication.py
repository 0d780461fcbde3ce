"""Who calls: a machine with a key, in the header and nowhere else."""

import hashlib
import time
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from orchestrator.api.queries import valid_key

REMEMBER_SECONDS = 2.0  # a revoked key works no longer than this


class Machine:
    """The user of a request that came with a key."""

    is_authenticated = True
    is_active = True
    pk = None


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`, or `X-Api-Key: KEY`."""

    known: dict[str, tuple[Any, float]] = {}

    def authenticate(self, request: Request) -> tuple[Machine, Any] | None:
        """Find the key of a request; None when it brings none."""
        key = self._sent(request)
        if key is None:
            return None
        digest = hashlib.sha256(key).hexdigest()
        found, until = self.known.get(digest, (None, 0.0))
        if time.monotonic() >= until:
            self.known.pop(digest, None)
            found = valid_key(digest)
            if found is None:
                raise AuthenticationFailed("this key is unknown or revoked")
            self.known[digest] = (found, time.monotonic() + REMEMBER_SECONDS)
        return Machine(), found

    def authenticate_header(self, request: Request) -> str:
        """Say how to come back."""
        return "Bearer"

    def _sent(self, request: Request) -> bytes | None:
        # a header is latin-1 by the rules of WSGI, but a key is ASCII: whatever else comes is simply no key
        kind, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            key = request.META.get("HTTP_X_API_KEY")
        return key.strip().encode("utf-8", "surrogatepass") if key is not None else None
