"""Reads content: rendered for one person, shown as a preview, checked before it is used."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.profiles.models import Contact
from journeys.content import rendering, sandbox
from journeys.content.models import Block, Variant
from journeys.content.rules import (
    MOST_LINKS,
    MOST_SEGMENTS,
    ContentProblem,
    Key,
    MissingContent,
    Problem,
    choose_key,
    harmful_links,
    link_count,
    one_line,
    sms_length,
    with_stop,
)
from journeys.content.values import known
from orchestrator.kernel.fields import translated
from orchestrator.kernel.known import DELIVERY, kept, watch

TEXTS = watch("journeys_block", "journeys_variant", by=(DELIVERY,))
NO_LINK = "https://unsubscribe.invalid/"  # where a preview has a link that must not work
NO_FOOTER = {"preferences": NO_LINK, "why": NO_LINK}


class Content(NamedTuple):
    """A block and its texts by channel, language and arm."""

    block: Block
    variants: dict[Key, Variant]


class Rendered(NamedTuple):
    """A message for one person, the language it is in, and which version of the block it is."""

    subject: str
    html: str
    text: str
    language: str
    version: int


def contents(block_ids: Iterable[int]) -> dict[int, Content]:
    """Load blocks with their texts, by id."""
    ids = frozenset(block_ids)
    return kept(("contents", ids), TEXTS, lambda: _contents(ids))


def _contents(block_ids: Collection[int]) -> dict[int, Content]:
    blocks = Block.objects.filter(pk__in=block_ids).prefetch_related("variants")
    return {block.pk: Content(block, by_key(block.variants.all())) for block in blocks}


def by_key(variants: Iterable[Variant]) -> dict[Key, Variant]:
    """Arrange variants by channel, language and arm."""
    return {(v.channel, v.language, v.arm): v for v in variants}


def choose_variant(content: Content, channel: str, language: str, arm: str) -> Variant | None:
    """Pick the text for a person: their language, else English, else any; of it the arm's, else everybody's."""
    key = choose_key(content.variants, channel, language, arm)
    return None if key is None else content.variants[key]


class Letter(NamedTuple):
    """A message to be filled: what a child needs for it, and what it will be. own_links: who follows these clicks nothing."""

    job: rendering.Job
    language: str
    version: int
    unsubscribe: str
    own_links: frozenset[str]


def letter(
    content: Content,
    *,
    contact: Contact,
    journey: Mapping[str, str] | str = "",
    key: str = "",
    evidence: Mapping[str, Any] | None = None,
    unsubscribe: str = "",
    language: str = "",
    channel: str = "email",
    arm: str = "",
    footer: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    notice: Mapping[str, str] | None = None,
) -> Letter:
    """Choose a block's text for one person, in the person's language or the one asked for, and its values.

    journey: its names, {"en": ..., "de": ...}. unsubscribe: the person's address for it; empty in service messages.
    footer: other addresses of theirs beside it, `preferences` and `why`. channel: of the step; of others than e-mail there is no HTML. arm: of the person's run.
    more: other values by name, e.g. {"offer": {...}}. notice: what the law wants in each message to an existing customer,
    {"en": ..., "de": ...} (§ 7(3) UWG). Raises MissingContent.
    """
    variant = choose_variant(content, channel, language or contact.language, arm)
    if variant is None:
        raise MissingContent(content.block.slug)
    chosen = variant.language
    context = context_of(
        contact, translated(dict(journey) if isinstance(journey, Mapping) else journey, chosen), key, evidence
    )
    context |= sandbox.plain(more or {})
    context["mail"] = _frame(chosen, context["journey"].get("name", ""), unsubscribe, footer or {}, notice or {})
    job = rendering.Job("texts", (variant.subject, variant.body), context)
    if channel == "email":
        job = rendering.Job("mail", (variant.subject, variant.preheader, variant.body), context)
    own_links = frozenset({unsubscribe, *(footer or {}).values(), str(context.get("offer", {}).get("decline_url", ""))})
    return Letter(job, chosen, content.block.version, unsubscribe, own_links)


def render_many(letters: Sequence[Letter], rewrites: Sequence[Callable[[str], str]]) -> list[Rendered | ContentProblem]:
    """Fill messages, in order; what cannot be filled is a ContentProblem.

    rewrites: for each message what gives the address that stands in it for each web link except those to unsubscribe and
    to decline the offer.
    """
    made = rendering.render_many([one.job for one in letters])
    return [
        filled if isinstance(filled, ContentProblem) else _rendered(one, filled, rewrite)
        for one, filled, rewrite in zip(letters, made, rewrites, strict=True)
    ]


def render(content: Content, *, rewrite: Callable[[str], str] = str, **values: Any) -> Rendered:
    """Fill a block's text for one person: `values` as for letter(). Raises MissingContent, ContentProblem."""
    made = render_many([letter(content, **values)], [rewrite])[0]
    if isinstance(made, ContentProblem):
        raise made
    return made


def _rendered(one: Letter, made: rendering.Made, rewrite: Callable[[str], str]) -> Rendered:
    if isinstance(made, list):
        subject, text = made
        return Rendered(one_line(subject), "", text.strip(), one.language, one.version)

    def kept(url: str) -> str:
        return url if url in one.own_links else rewrite(url)

    return Rendered(made.subject, made.page(kept), made.plain(kept), one.language, one.version)


def preview(block_id: int, contact_id: int, language: str) -> Rendered:
    """Show what a person would get, in the language asked for. Its links to unsubscribe do not work.

    The HTML is for a sandboxed frame only: authors write it. Raises MissingContent, ContentProblem.
    """
    content = contents([block_id]).get(block_id)
    if content is None:
        raise MissingContent(str(block_id))
    contact = Contact.objects.select_related("account").get(pk=contact_id)
    return render(
        content,
        contact=contact,
        journey=_names(content.block),
        unsubscribe=NO_LINK,
        footer=NO_FOOTER,
        language=language,
    )


def problems_of(variant: Variant) -> list[Problem]:
    """List what is wrong with a text: what cannot be compiled, links that lead nowhere, values without a fallback."""
    with_nothing = context_of(Contact(language=variant.language), "", "", None)
    found: list[Problem] = []
    fields = ("subject", "preheader", "body")
    checked = rendering.check_text([str(getattr(variant, field)) for field in fields], with_nothing)
    for field, said in zip(fields, checked, strict=True):
        if said.error:
            found.append(Problem(field, said.error, "error", True))
        for name in said.names:
            if not known(name):
                found.append(Problem(field, _("there is no value “%(name)s”") % {"name": name}, "warning", True))
        for name in said.uncaught:
            text = _('“%(name)s” may be missing: add a default, e.g. {{ %(name)s | default: "…" }}') % {"name": name}
            found.append(Problem(field, text, "warning", True))
    if variant.channel == "email" and not any(p.level == "error" for p in found):
        try:
            rendering.check_mail(variant.subject, variant.preheader, variant.body)
        except ContentProblem as problem:
            found.append(Problem("body", str(problem), "error", True))
    if variant.channel == "email" and not variant.subject.strip():
        found.append(Problem("subject", _("the subject is empty"), "error", True))
    if not variant.body.strip():
        found.append(Problem("body", _("the text is empty"), "error", True))
    return found + _link_problems(variant.body) + _length_problems(variant)


def _length_problems(variant: Variant) -> list[Problem]:
    """Say where an SMS is charged as many, counted as it is written and with the line how to stop."""
    if variant.channel != "sms":
        return []
    length = sms_length(with_stop(variant.body.strip(), settings.SMS_STOP[variant.language]))
    if length.segments <= MOST_SEGMENTS:
        return []
    said = {"n": length.segments, "alphabet": length.alphabet}
    text = _("this is charged as %(n)s SMS (%(alphabet)s), with the line how to stop: make it shorter") % said
    return [Problem("body", text, "warning")]


def _link_problems(body: str) -> list[Problem]:
    found = []
    for address in harmful_links(body)[:5]:
        text = _("the link “%(address)s” leads nowhere: use https, http, mailto or tel") % {"address": address[:60]}
        found.append(Problem("body", text, "error", True))
    if (n := link_count(body)) > MOST_LINKS:
        said = {"n": n, "most": MOST_LINKS}
        found.append(Problem("body", _("there are %(n)s links, at most %(most)s may be") % said, "error", True))
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


def _frame(
    language: str, journey: str, unsubscribe: str, footer: Mapping[str, str], notice: Mapping[str, str]
) -> dict[str, Any]:
    sender = parseaddr(settings.MAIL_FROM)
    with translation.override(language):
        if unsubscribe and notice:
            why = _("You receive this e-mail because you bought from %(sender)s. It belongs to “%(journey)s”.")
        elif unsubscribe:
            why = _("You receive this e-mail because you agreed to news from %(sender)s. It belongs to “%(journey)s”.")
        else:
            why = _("You receive this e-mail from %(sender)s as part of our service. It belongs to “%(journey)s”.")
        return {
            "language": language,
            "sender": sender[0],
            "why": " ".join(filter(None, [why % {"sender": sender[0], "journey": journey}, translated(dict(notice))])),
            "unsubscribe_url": unsubscribe or None,  # an empty text is true in Liquid
            "unsubscribe_label": _("Unsubscribe from marketing e-mails"),
            "preferences_url": footer.get("preferences"),
            "preferences_label": _("Choose what you get, and how often"),
            "why_url": footer.get("why"),
            "why_label": _("Why did I get this?"),
            "imprint": str(getattr(settings, "MAIL_IMPRINT", f"{sender[0]}\n{sender[1]}")).splitlines(),
        }


def _names(block: Block) -> dict[str, str]:
    return {"en": block.name_en, "de": block.name_de}
