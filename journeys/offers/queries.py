"""Reads of offers: as plain values for files, what is missing before one is made, what a text may say, the signed "no"."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Field
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.conditions.language import validate
from contacts.segments.models import Segment
from contacts.stages.rules import Phase
from journeys.offers.models import Offer, OfferGrant
from journeys.offers.rules import TOKEN
from orchestrator.kernel.fields import translated

SALT = "journeys.offers.decline"  # its own: a token of tracking never opens this door
FIELDS = (
    "name_en", "name_de", "kind", "state", "phases", "eligibility", "segments", "valid_from", "valid_until", "valid_days",
    "value", "currency", "most_grants", "budget", "codes", "shared_code", "rest_days", "accepted_by",
)  # fmt: skip
ANY = "any"  # stands for every offer in conditions, so that no offer may be called so


def one_offer(slug: str) -> Offer | None:
    """Read an offer by its short name."""
    return Offer.objects.filter(slug=slug).first()


def exported(offer: Offer) -> dict[str, Any]:
    """Say an offer as plain values, as a file has it; what is empty or has its default is left out."""
    found: dict[str, Any] = {"slug": offer.slug, "name": {"en": offer.name_en, "de": offer.name_de}}
    for name in FIELDS[2:]:
        value, field = getattr(offer, name), _field(name)
        if name not in ("kind", "state") and (value is None or value == field.get_default()):
            continue
        found[name] = value.isoformat() if isinstance(value, datetime) else _plain(value)
    return found


def export_offers(slugs: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Say offers as plain values for a file, by short name; all of them when slugs is None. Single codes stay here."""
    found = Offer.objects.order_by("slug")
    return [exported(offer) for offer in (found if slugs is None else found.filter(slug__in=list(slugs)))]


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _field(name: str) -> Field:
    return Offer._meta.get_field(name)  # type: ignore[return-value]  # all of them are columns


def read_value(given: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[str]]:
    """Read what `exported` wrote: the values of the columns, and every problem with its path."""
    if not isinstance(given, Mapping):
        return {"slug": ""}, [f"{path}: expected an object"]
    named = given.get("name")
    names: Mapping[str, Any] = named if isinstance(named, Mapping) else {}
    flat = {**given, "name_en": names.get("en"), "name_de": names.get("de")}
    problems = [f"{path}.{key}: unknown" for key in given if key not in (*FIELDS, "slug", "name")]
    values: dict[str, Any] = {}
    for name in ("slug", *FIELDS):
        field = _field(name)
        if name not in flat:
            if name != "state":  # an offer that is here keeps its state
                values[name] = field.get_default()
            continue
        raw = flat[name]
        if field.get_internal_type() == "DateTimeField" and isinstance(raw, str):
            raw = parse_datetime(raw) or raw
        try:
            values[name] = field.clean(raw, None)
        except (ValidationError, TypeError, ValueError) as error:
            said = ", ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            problems.append(f"{path}.{name}: {said}")
    return values, problems + [f"{path}.{one}" for one in _wrong(values)]


def _wrong(values: Mapping[str, Any]) -> list[str]:
    """What the columns alone cannot see."""
    found = []
    if values.get("slug") == ANY:
        found.append('slug: "any" stands for every offer')
    for name, known in (("phases", set(Phase)), ("segments", None)):
        listed = values.get(name) or []
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            found.append(f"{name}: expected a list of short names")
        elif known is not None and set(listed) - known:
            found.append(f"{name}: unknown {', '.join(sorted(set(listed) - known))}")
    if values.get("eligibility") is not None:
        errors = [one for one in validate(values["eligibility"], "eligibility", run=False) if one.level == "error"]
        found += [str(one) for one in errors]
    starts, ends = values.get("valid_from"), values.get("valid_until")
    for at in (starts, ends):
        if at is not None and at.tzinfo is None:
            found.append(f"expected a time with its zone, got {at.isoformat()}")
            return found
    if starts and ends and ends <= starts:
        found.append("valid_until: is before valid_from")
    return found


def problems_of(offer: Offer, now: datetime) -> list[str]:
    """Say what is missing before an offer can be made to people; empty when it is ready."""
    found = []
    if offer.codes == Offer.Codes.SHARED and not offer.shared_code:
        found.append(_("The code for everybody is empty."))
    if offer.codes == Offer.Codes.SINGLE and not offer.single_codes.filter(grant=None).exists():
        found.append(_("There are no codes yet."))
    if offer.valid_until and offer.valid_until <= now:
        found.append(_("Its time is over: change “valid until”."))
    if not offer.valid_days:
        found.append(_("A person needs at least one day."))
    if offer.budget is not None and offer.value > offer.budget:
        found.append(_("The budget does not pay for one person."))
    known = set(Segment.objects.filter(slug__in=offer.segments).values_list("slug", flat=True))
    if gone := [slug for slug in offer.segments if slug not in known]:
        found.append(_("These segments do not exist: %(names)s.") % {"names": ", ".join(gone)})
    return found


def liquid_context(grant: OfferGrant | None, *, language: str, zone: str = "") -> dict[str, Any]:
    """Say what a text may say of a person's offer: `offer.name`, `code`, `valid_until`, `value` ...; empty without one.

    grant: with its offer loaded. zone: where the person lives, so that the last day is theirs (the team's when empty).
    """
    if grant is None:
        return {}
    offer = grant.offer
    return {
        "slug": offer.slug,
        "kind": offer.kind,
        "name": translated({"en": offer.name_en, "de": offer.name_de}, language),
        "code": grant.code,
        "value": grant.value,
        "currency": offer.currency,
        "valid_until": grant.expires_at.astimezone(ZoneInfo(zone or settings.TEAM_TIME_ZONE)).isoformat(),
        "decline_url": decline_url(grant.pk),
    }


def decline_url(grant_id: int) -> str:
    """Give the address under which a person can say "no thanks" without a login."""
    return f"{settings.PUBLIC_URL}/no/{Signer(salt=SALT, sep='.').sign(str(grant_id))}/"


def grant_of(token: str) -> OfferGrant | None:
    """Read a token; None when a byte of it is not ours or the offer is gone."""
    try:
        found = Signer(salt=SALT, sep=".").unsign(token)
    except BadSignature:
        return None
    if not TOKEN.fullmatch(found):
        return None
    return OfferGrant.objects.select_related("offer", "contact").filter(pk=int(found)).first()
