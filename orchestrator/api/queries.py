"""Reads of API keys."""

from orchestrator.api.models import ApiKey


def valid_key(digest: str) -> ApiKey | None:
    """Find the key with this SHA-256 that nobody revoked."""
    return ApiKey.objects.filter(digest=digest, revoked_at=None).first()
