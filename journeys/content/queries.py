"""Reads content: rendered for one person, shown as a preview, checked before it is used."""

from collections.abc import Callable, Iterable, Mapping
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.profiles.models import Contact
from journeys.content import mail, sandbox
from journeys.content.models import Block, Variant
from journeys.content.rules import ContentProblem, MissingContent, Problem, choose_language
from orchestrator.kernel.fields import translated

NO_LINK = "https://unsubscribe.invalid/"  # where a preview has a link that must not work
KNOWN = {
    "contact": {"first_name", "last_name", "name", "language", "country", "job_title", "attributes"},
    "account": {"name", "industry", "country"},
    "journey": {"name"},
    "run": {"key", "evidence"},
    "shop_url": set(),
    "public_url": set(),
}


class Content(NamedTuple):
    """A block and its texts by language."""

    block: Block
    variants: dict[str, Variant]


class Rendered(NamedTuple):
    """A message for one person, the language it is in, and which version of the block it is."""

    subject: str
    html: str
    text: str
    language: str
    version: int


def contents(block_ids: Iterable[int]) -> dict[int, Content]:
    """Load blocks with their texts, by id."""
    blocks = Block.objects.filter(pk__in=set(block_ids)).prefetch_related("variants")
    return {block.pk: Content(block, {v.language: v for v in block.variants.all()}) for block in blocks}


def render(
    content: Content,
    *,
    contact: Contact,
    journey: Mapping[str, str] | str = "",
    key: str = "",
    evidence: Mapping[str, Any] | None = None,
    unsubscribe: str = "",
    language: str = "",
    rewrite: Callable[[str], str] = str,
) -> Rendered:
    """Fill a block's text for one person, in the person's language or the one asked for.

    journey: its names, {"en": ..., "de": ...}. unsubscribe: the person's address for it; empty in service messages.
    rewrite: gives the address that stands in the mail for each web link except the one to unsubscribe.
    Raises MissingContent, ContentProblem.
    """
    chosen = choose_language(language or contact.language, content.variants)
    if chosen is None:
        raise MissingContent(content.block.slug)
    variant = content.variants[chosen]
    context = context_of(
        contact, translated(dict(journey) if isinstance(journey, Mapping) else journey, chosen), key, evidence
    )
    context["mail"] = _frame(chosen, context["journey"].get("name", ""), unsubscribe)
    parts = mail.compiled(variant.subject, variant.preheader, variant.body)
    made = mail.render(parts, context, lambda url: url if url == unsubscribe else rewrite(url))
    return Rendered(made.subject, made.html, made.text, chosen, content.block.version)


def preview(block_id: int, contact_id: int, language: str) -> Rendered:
    """Show what a person would get, in the language asked for. Its links to unsubscribe do not work.

    The HTML is for a sandboxed frame only: authors write it. Raises MissingContent, ContentProblem.
    """
    content = contents([block_id]).get(block_id)
    if content is None:
        raise MissingContent(str(block_id))
    contact = Contact.objects.select_related("account").get(pk=contact_id)
    return render(content, contact=contact, journey=_names(content.block), unsubscribe=NO_LINK, language=language)


def problems_of(variant: Variant) -> list[Problem]:
    """List what is wrong with a text: what cannot be compiled, and values that may be missing without a `default`."""
    with_nothing = context_of(Contact(language=variant.language), "", "", None)
    found: list[Problem] = []
    for field in ("subject", "preheader", "body"):
        source = str(getattr(variant, field))
        try:
            missing = sandbox.missing_values(source, with_nothing)
            roots = sandbox.names_in(source)
        except ContentProblem as problem:
            found.append(Problem(field, str(problem), "error"))
            continue
        for name in roots:
            root, _dot, rest = name.partition(".")
            if root not in KNOWN or (rest and KNOWN[root] and rest.split(".")[0].split("[")[0] not in KNOWN[root]):
                found.append(Problem(field, _("there is no value “%(name)s”") % {"name": name}, "warning"))
        for name in missing:
            text = _('“%(name)s” may be missing: add a default, e.g. {{ %(name)s | default: "…" }}') % {"name": name}
            found.append(Problem(field, text, "warning"))
    if not any(p.level == "error" for p in found):
        try:
            mail.compiled(variant.subject, variant.preheader, variant.body)
        except ContentProblem as problem:
            found.append(Problem("body", str(problem), "error"))
    if not variant.subject.strip():
        found.append(Problem("subject", _("the subject is empty"), "error"))
    return found


def context_of(contact: Contact, journey: str, key: str, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    """Say everything that a text may use, as plain values; what is not known is not there."""
    full_name = f"{contact.first_name} {contact.last_name}".strip()
    account = contact.account
    return sandbox.plain(
        {
            "contact": {
                "first_name": contact.first_name,
                "last_name": contact.last_name,
                "name": full_name,
                "language": contact.language,
                "country": contact.country,
                "job_title": contact.job_title,
                "attributes": contact.attributes,
            },
            "account": {"name": account.name, "industry": account.industry, "country": account.country}
            if account
            else {},
            "journey": {"name": journey},
            "run": {"key": key, "evidence": dict(evidence or {})},
            "shop_url": getattr(settings, "SHOP_URL", settings.PUBLIC_URL),
            "public_url": settings.PUBLIC_URL,
        }
    )


def _frame(language: str, journey: str, unsubscribe: str) -> dict[str, Any]:
    sender = parseaddr(settings.MAIL_FROM)
    with translation.override(language):
        if unsubscribe:
            why = _("You receive this e-mail because you agreed to news from %(sender)s. It belongs to “%(journey)s”.")
        else:
            why = _("You receive this e-mail from %(sender)s as part of our service. It belongs to “%(journey)s”.")
        return {
            "language": language,
            "sender": sender[0],
            "why": why % {"sender": sender[0], "journey": journey},
            "unsubscribe_url": unsubscribe or None,  # an empty text is true in Liquid
            "unsubscribe_label": _("Unsubscribe from marketing e-mails"),
            "imprint": str(getattr(settings, "MAIL_IMPRINT", f"{sender[0]}\n{sender[1]}")).splitlines(),
        }


def _names(block: Block) -> dict[str, str]:
    return {"en": block.name_en, "de": block.name_de}
