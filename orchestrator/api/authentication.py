"""Who calls: a machine with a key, in the header and nowhere else."""

import base64
import binascii
import hashlib
import time

import msgspec
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from orchestrator.api.models import ApiKey
from orchestrator.api.queries import valid_key

REMEMBER_SECONDS = 2.0  # a revoked key works no longer than this
_KEY = msgspec.json.Decoder(str)


class Machine:
    """The user of a request that came with a key."""

    is_authenticated = True
    is_active = True
    pk = None


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`, or `X-Api-Key: KEY`."""

    known: dict[str, tuple[ApiKey, float]] = {}

    def authenticate(self, request: Request) -> tuple[Machine, ApiKey] | None:
        """Find the key of a request; None when it brings none."""
        key = self._sent(request)
        if key is None:
            return None
        found = self.find(key)
        if found is None:
            raise AuthenticationFailed("this key is unknown or revoked")
        return Machine(), found

    def find(self, key: bytes) -> ApiKey | None:
        """Look a key up; a known one is remembered for seconds."""
        digest = hashlib.sha256(key).hexdigest()
        found, until = self.known.get(digest) or (None, 0.0)
        if time.monotonic() >= until:
            self.known.pop(digest, None)
            found = valid_key(digest)
            if found is not None:
                self.known[digest] = (found, time.monotonic() + REMEMBER_SECONDS)
        return found

    def authenticate_header(self, request: Request) -> str:
        """Say how to come back."""
        return "Bearer"

    def _sent(self, request: Request) -> bytes | None:
        # a header is latin-1 by the rules of WSGI, but a key is ASCII: whatever else comes is simply no key
        kind, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            key = request.META.get("HTTP_X_API_KEY")
        return key.strip().encode("utf-8", "surrogatepass") if key is not None else None


class WriteKeyAuthentication(KeyAuthentication):
    """The way of SDKs: basic auth with the key as user name; or the key in the body as `writeKey`."""

    def key_of_body(self, raw: msgspec.Raw | None) -> ApiKey | None:
        """Find the key that a body brings; None when it brings none or a wrong one."""
        try:
            return self.find(_KEY.decode(raw).encode("utf-8", "surrogatepass")) if raw is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _sent(self, request: Request) -> bytes | None:
        kind, _, coded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "basic":
            return super()._sent(request)
        try:
            name = base64.b64decode(coded.strip(), validate=True).partition(b":")[0]
        except (binascii.Error, ValueError):
            raise AuthenticationFailed("expected the key as the user name of basic auth") from None
        return name or None
