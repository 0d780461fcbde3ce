"""Custom Audiences over Meta's Graph API: POST and DELETE of /{audience}/users.

Source: developers.facebook.com, Marketing API, Custom Audience Users (10,000 people a request, in a session).
"""

from typing import Any

from django.conf import settings

from orchestrator.channels.adapters.audience import Batch, Outcome, Said, as_json, ask, said_no

METHODS = {"add": "POST", "remove": "DELETE"}
NO_TOKEN = "no access to Meta is set up on the server (META_ADS_TOKEN)"  # noqa: S105  # words
# codes of the Graph API that come with status 400 and mean "not now": trouble at Meta, too many calls, token or rights
NOT_NOW = frozenset({1, 2, 4, 10, 17, 32, 102, 190, 341, 613, 2650, 80003, 80004, 80014})
RIGHTS = range(200, 300)


def token() -> str | Outcome:
    """Get what calls are signed with."""
    return str(settings.META_ADS_TOKEN) or Outcome("again", NO_TOKEN)


def send(batch: Batch, token: str) -> Outcome:
    """Hand one batch over and say what the answer means."""
    said = ask(
        METHODS[batch.kind],
        f"{settings.META_GRAPH_URL}/{batch.remote_list}/users",
        # in a header and not in the address, where logs would keep it
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        body=as_json(_body(batch)),
    )
    return said if isinstance(said, Outcome) else _outcome(said)


def _body(batch: Batch) -> dict[str, Any]:
    return {
        "payload": {"schema": ["EMAIL", "PHONE"], "data": [list(one) for one in batch.people]},
        "session": {
            "session_id": batch.session,
            "batch_seq": batch.number,
            "last_batch_flag": batch.last,
            "estimated_num_total": batch.total,
        },
    }


def _outcome(said: Said) -> Outcome:
    if 200 <= said.status < 300:
        refused = said.body.get("num_invalid_entries", 0)
        refused = refused if isinstance(refused, int) and refused > 0 else 0
        words = f"{refused} entries not recognised" if refused else ""
        return Outcome("done", words, refused, str(said.body.get("session_id", ""))[:200])
    error = said.body.get("error")
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    words = " ".join(str(told[key]) for key in ("message", "error_user_msg") if told.get(key))
    outcome = said_no(said, f"{words} (code {code})" if words else "")
    if isinstance(code, int) and (code in NOT_NOW or code in RIGHTS or told.get("is_transient")):
        return outcome._replace(state="again")
    return outcome
