"""Signed links of requests: to confirm one, to fetch an export. They run out after a day and open nothing else."""

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from consent.privacy.rules import LINK_SECONDS

CONFIRM, EXPORT = "consent.privacy.confirm", "consent.privacy.export"  # salts of their own: no other token opens these


def confirm_url(request_id: int) -> str:
    """The address under which a request is confirmed."""
    return f"{settings.PUBLIC_URL}/y/{_signer(CONFIRM).sign(str(request_id))}/"


def export_url(export_id: int) -> str:
    """The address under which an export is fetched."""
    return f"{settings.PUBLIC_URL}/y/data/{_signer(EXPORT).sign(str(export_id))}/"


def request_of(token: str) -> int | None:
    """The request that a token confirms; None when it is not ours or ran out."""
    return _read(CONFIRM, token)


def export_of(token: str) -> int | None:
    """The export that a token opens; None when it is not ours or ran out."""
    return _read(EXPORT, token)


def _signer(salt: str) -> TimestampSigner:
    return TimestampSigner(salt=salt, sep=".")


def _read(salt: str, token: str) -> int | None:
    try:
        return int(_signer(salt).unsign(token, max_age=LINK_SECONDS))
    except (BadSignature, ValueError):
        return None
