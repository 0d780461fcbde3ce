"""Customer Match over Google's Data Manager API: audienceMembers:ingest and audienceMembers:remove.

Source: developers.google.com/data-manager/api/reference/rest/v1/audienceMembers/ingest (10,000 members a request).
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from orchestrator.channels.adapters.audience import Batch, Outcome, Said, as_json, ask, said_no

METHODS = {"add": "audienceMembers:ingest", "remove": "audienceMembers:remove"}
NO_TOKEN = "no access to Google is set up on the server (GOOGLE_ADS_...)"  # noqa: S105  # words


def token() -> str | Outcome:
    """Get what calls are signed with: the token that is set, or a fresh one for the refresh token."""
    if settings.GOOGLE_ADS_ACCESS_TOKEN:
        return str(settings.GOOGLE_ADS_ACCESS_TOKEN)
    if not settings.GOOGLE_ADS_REFRESH_TOKEN:
        return Outcome("again", NO_TOKEN)
    asked = {
        "grant_type": "refresh_token",
        "client_id": settings.GOOGLE_ADS_CLIENT_ID,
        "client_secret": settings.GOOGLE_ADS_CLIENT_SECRET,
        "refresh_token": settings.GOOGLE_ADS_REFRESH_TOKEN,
    }
    said = ask(
        "POST",
        settings.GOOGLE_TOKEN_URL,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(asked).encode(),
    )
    if isinstance(said, Outcome):
        return said
    given = said.body.get("access_token")
    if said.status == 200 and isinstance(given, str) and given:
        return given
    words = f"{said.body.get('error', '')} {said.body.get('error_description', '')}".strip()
    return said_no(said, words)._replace(state="again")


def send(batch: Batch, token: str) -> Outcome:
    """Hand one batch over and say what the answer means."""
    said = ask(
        "POST",
        f"{settings.GOOGLE_DATA_MANAGER_URL}/{METHODS[batch.kind]}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        body=as_json(_body(batch)),
    )
    return said if isinstance(said, Outcome) else _outcome(said)


def _body(batch: Batch) -> dict[str, Any]:
    destination: dict[str, Any] = {
        "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": batch.account},
        "productDestinationId": batch.remote_list,
    }
    if batch.manager:
        destination["loginAccount"] = {"accountType": "GOOGLE_ADS", "accountId": batch.manager}
    body: dict[str, Any] = {
        "destinations": [destination],
        "audienceMembers": [{"userData": {"userIdentifiers": _identifiers(*one)}} for one in batch.people],
        "encoding": "HEX",
    }
    if batch.kind == "add":  # everybody in the batch has agreed to third parties: that is looked at before
        body["consent"] = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
        body["termsOfService"] = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
    return body


def _identifiers(email: str, phone: str) -> list[dict[str, str]]:
    return [{name: value} for name, value in (("emailAddress", email), ("phoneNumber", phone)) if value]


def _outcome(said: Said) -> Outcome:
    if 200 <= said.status < 300:
        return Outcome("done", remote_id=str(said.body.get("requestId", ""))[:200])
    error = said.body.get("error")
    told = error if isinstance(error, dict) else {}
    return said_no(said, f"{told.get('status', '')} {told.get('message', '')}".strip())
