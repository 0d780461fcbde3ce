"""The door by which machines say what people agree to and what they take back, and ask what holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from consent.purposes.models import Purpose, Wording
from consent.records.existing import REASONS, Sale, record_existing_customers
from consent.records.operations import Choice, record_consents
from consent.records.queries import consents_of, messages_of
from contacts.profiles.models import Contact
from orchestrator.api import consent_schema as schema
from orchestrator.api.arrivals import NewArrival, record_arrival
from orchestrator.api.body import Refused, split_batch
from orchestrator.api.consent_items import ConsentIn, Known, read_consent
from orchestrator.api.models import ApiKey
from orchestrator.api.queries import find_people
from orchestrator.api.rules import Problem
from orchestrator.api.web import SENDING, Door, again, answer, library_of, said
from orchestrator.kernel import locks

WHO = [
    OpenApiParameter("user_id", str, description="the person's id in your systems"),
    OpenApiParameter("email", str),
    OpenApiParameter("contact_id", str, description="our id; one of the three"),
]
BELOW = 2**63


class Good(NamedTuple):
    """An item that can be recorded, its place in the request, and whom it is about."""

    place: int
    item: ConsentIn
    contact_id: int


class Consents(Door):
    """What people said."""

    http_method_names = ["get", "post", "options"]
    scopes = {"GET": (ApiKey.Scope.READ, ApiKey.Scope.MANAGE), "POST": SENDING}

    @extend_schema(operation_id="consents", request=schema.CONSENTS, responses=schema.CONSENT_ANSWERS)
    def post(self, request: Request) -> HttpResponse:
        """Record what one person said, or up to 500 in a batch. The same message_id again changes nothing.

        Anybody may withdraw. Agreeing needs the text that was agreed to and a double opt-in, or, for keys with the scope
        manage, source and time. What is said by an address holds for everybody with it, when it is a no.
        """
        key = cast(ApiKey, request.auth)
        if key.public:
            raise PermissionDenied("a public key may only be used by SDKs, see /v1/track")
        now, arrival = timezone.now(), NewArrival(key.source, "consents", library=library_of(request))
        try:
            items = split_batch(self.body(request))
        except Refused as refused:
            record_arrival(arrival=arrival._replace(rejected=1, problem=refused.problem), now=now)
            return answer(refused.status, self.errors(refused.status, [refused.problem]))
        manages = key.scope == ApiKey.Scope.MANAGE
        read = [read_consent(bytes(raw), known) for known in [_known(now, manages)] for raw in items.raw]
        paths = [items.path(index, "") for index in range(len(items.raw))]

        def work() -> list[dict[str, Any]]:
            with transaction.atomic():
                locks.hold(f"consents of {key.source}")  # the same message twice at once is one message
                results = _record(read, paths, key.source, now)
                good = sum(one["status"] != "rejected" for one in results)
                first = next((Problem(**one["errors"][0]) for one in results if "errors" in one), None)
                told = arrival._replace(accepted=good, rejected=len(results) - good, problem=first)
                record_arrival(arrival=told, now=now)
            return results

        results = again(work)
        accepted = sum(one["status"] != "rejected" for one in results)
        body = {"accepted": accepted, "rejected": len(results) - accepted, "items": results}
        return answer(202 if accepted else 400, body)

    @extend_schema(operation_id="consents_of", parameters=WHO, responses=schema.CONSENT_STATES)
    def get(self, request: Request) -> HttpResponse:
        """Say what one person said about each purpose, and whether the person may be used for it now."""
        given = {name: request.query_params.get(name) or None for name in ("contact_id", "user_id", "email")}
        number = given["contact_id"] or ""
        ours = int(number) if number.isascii() and number.isdigit() and len(number) < 20 else None
        if (
            not any(given.values())
            or (number and not (ours and ours < BELOW))
            or any("\0" in (v or "") for v in given.values())
        ):
            return answer(400, self.errors(400, [Problem("", "expected user_id, email or contact_id")]))
        (contact_id,) = find_people([(ours, given["user_id"], given["email"])])
        if contact_id is None:
            return answer(404, self.errors(404, [Problem("", "there is no such person")]))
        states = [
            {
                "purpose": one.purpose,
                "topic_of": one.topic_of or None,
                "granted": one.granted,
                "allowed": not one.refused,
                "reason": one.refused,
                "basis": one.basis,
                "since": one.since.isoformat() if one.since else None,
                "source": one.source,
                "wording": one.wording,
            }
            for one in consents_of(contact_id)
        ]
        return answer(200, {"contact_id": str(contact_id), "consents": states})


def _known(now: datetime, manages: bool) -> Known:
    wordings = frozenset(one.name for one in Wording.objects.select_related("purpose"))
    return Known(dict(Purpose.objects.values_list("slug", "enforcement")), wordings, manages, now)


def _record(
    read: Sequence[tuple[ConsentIn | None, list[Problem]]], paths: Sequence[str], source: str, now: datetime
) -> list[dict[str, Any]]:
    """Record the good items and say what became of each."""
    results: list[dict[str, Any]] = [{"index": index, "status": "rejected"} for index in range(len(read))]
    wanted = [(one.contact_id, one.user_id, one.email) for one, _ in read if one]
    found = iter(find_people(wanted))
    good: list[Good] = []
    for place, (item, problems) in enumerate(read):
        contact_id = next(found) if item else None
        if item and contact_id is not None:
            good.append(Good(place, item, contact_id))
        else:
            _refuse(results[place], paths[place], problems or [Problem("", "there is no such person")])
    for one in good:
        results[one.place] |= {"status": "stored", "contact_id": str(one.contact_id)}
    new = _without_known(good, results, source)
    _record_said([one for one in new if one.item.decision != "existing_customer"], source, now)
    _record_sold([one for one in new if one.item.decision == "existing_customer"], results, paths, source, now)
    return results


def _without_known(good: list[Good], results: list[dict[str, Any]], source: str) -> list[Good]:
    """Leave out the messages that were recorded before, or stand twice in the request."""
    seen = messages_of([one.contact_id for one in good if one.item.message_id], source=source)
    new = []
    for one in good:
        message = (one.contact_id, one.item.message_id or "")
        if one.item.message_id and message in seen:
            results[one.place]["status"] = "duplicate"
            continue
        seen.add(message)
        new.append(one)
    return new


def _record_said(good: list[Good], source: str, now: datetime) -> None:
    by_address = {one.item.email.strip().lower() for one in good if one.item.email and one.item.decision != "granted"}
    twins: dict[str, list[int]] = {}
    if by_address:
        for contact_id, email in Contact.objects.filter(email__in=by_address).values_list("pk", "email"):
            twins.setdefault(email, []).append(contact_id)
    choices = []
    for one in good:
        item, doi = one.item, one.item.double_opt_in
        proof: dict[str, Any] = {**(item.proof or {}), "method": "double_opt_in" if doi else "api", "by": source}
        if item.message_id:
            proof["message_id"] = item.message_id
        at = item.at
        if doi:
            at = doi.confirmed_at
            proof |= {"url": doi.url, "requested_at": doi.requested_at.isoformat(), "mail": doi.mail}
            proof["confirmed_at"] = doi.confirmed_at.isoformat()
        refuses = item.decision != "granted"
        others = (
            twins.get((item.email or "").strip().lower(), [])
            if refuses and not item.user_id and not item.contact_id
            else []
        )
        for contact_id in sorted({one.contact_id, *others}):
            choices.append(
                Choice(contact_id, item.purpose, item.decision, item.source or source, item.wording or "", proof, at)
            )
    record_consents(choices=choices, now=now)


def _record_sold(
    good: list[Good], results: list[dict[str, Any]], paths: Sequence[str], source: str, now: datetime
) -> None:
    for purpose in sorted({one.item.purpose for one in good}):
        about = [(one, one.item.sale) for one in good if one.item.purpose == purpose and one.item.sale]
        sales = [
            Sale(one.contact_id, sale.order, sale.ordered_at, sale.goods, sale.notice, sale.noticed_at)
            for one, sale in about
        ]
        outcomes = record_existing_customers(purpose=purpose, sales=sales, source=source, now=now)
        for (one, _), outcome in zip(about, outcomes, strict=True):
            if outcome.reason == "holds":
                results[one.place]["status"] = "duplicate"
            elif outcome.reason:
                results[one.place]["status"] = "rejected"
                _refuse(results[one.place], paths[one.place], [Problem("", REASONS[outcome.reason]["en"])])


def _refuse(result: dict[str, Any], path: str, problems: Sequence[Problem]) -> None:
    placed = [Problem(f"{path}.{problem.path}".strip("."), problem.message) for problem in problems]
    result["errors"] = [said(problem) for problem in placed]
