"""Reads for the content library: blocks by what was asked for, who uses them, how they do, whom to show a preview as."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import F, Prefetch, Q, QuerySet

from contacts.profiles.models import Contact
from journeys.content.models import Block, Revision, Variant
from journeys.definitions.models import Journey, Step, Version
from orchestrator.kernel import sql
from orchestrator.kernel.fields import translated

RUNNING = (Journey.State.LIVE, Journey.State.PAUSED, Journey.State.ENDING)
OPEN = (Revision.State.DRAFT, Revision.State.IN_REVIEW, Revision.State.REJECTED)


class Use(NamedTuple):
    """A step that sends a block. draft: only the draft of the journey does."""

    journey_slug: str
    journey: str
    step: str
    key: str
    draft: bool


class Result(NamedTuple):
    """What became of a block's messages: how many were sent, in how many somebody clicked."""

    sent: int
    clicked: int

    @property
    def click_share(self) -> float | None:
        """Clicked of sent, None when nothing was sent."""
        return self.clicked / self.sent if self.sent else None


def library(asked: Mapping[str, str]) -> QuerySet[Block]:
    """List blocks with their variants and open drafts; asked: phase, purpose, channel, language, state, owner, q, signal.

    Without a state the archived ones are left out. The language is one in which there is a text, or ("-de") none.
    """
    found = Block.objects.select_related("owner").order_by("phase", "slug")
    state = asked.get("state", "")
    found = found.filter(state=state) if state in Block.State.values else found.exclude(state=Block.State.ARCHIVED)
    if state == "waiting":
        found = found.filter(revisions__state=Revision.State.IN_REVIEW)
    for field in ("phase", "purpose"):
        if asked.get(field):
            found = found.filter(**{field: asked[field]})
    if channel := asked.get("channel"):
        found = found.filter(Q(channel=channel) | Q(pk__in=Variant.objects.filter(channel=channel).values("block")))
    if language := asked.get("language", ""):
        there = Variant.objects.filter(language=language.removeprefix("-")).values("block")
        found = found.exclude(pk__in=there) if language.startswith("-") else found.filter(pk__in=there)
    if asked.get("owner", "").isdecimal():
        found = found.filter(owner_id=int(asked["owner"][:9]))
    for word in asked.get("q", "").split()[:6]:
        texts = Variant.objects.filter(Q(subject__icontains=word) | Q(body__icontains=word)).values("block")
        named = Q(name_en__icontains=word) | Q(name_de__icontains=word) | Q(slug__icontains=word)
        found = found.filter(named | Q(pk__in=texts))
    drafts = Revision.objects.filter(state__in=OPEN).defer("variants")
    variants = Variant.objects.defer("body", "parts")
    return found.prefetch_related(
        Prefetch("variants", variants), Prefetch("revisions", drafts, to_attr="drafts")
    ).distinct()


def one_block(slug: str) -> Block | None:
    """Read a block with its variants."""
    return Block.objects.select_related("owner").prefetch_related("variants").filter(slug=slug).first()


def owners() -> list[User]:
    """List the people who own a block."""
    return list(User.objects.filter(pk__in=Block.objects.exclude(owner=None).values("owner")).order_by("username"))


def purposes_there() -> list[str]:
    """List the purposes that blocks have."""
    return sorted(set(Block.objects.exclude(purpose="").values_list("purpose", flat=True)))


def sent_by(slug: str) -> list[Use]:
    """List the steps that send a block in the live versions of journeys that run."""
    return [use for use in used_by(slug, states=RUNNING) if not use.draft]


def used_by(slug: str, *, states: tuple[str, ...] | None = None) -> list[Use]:
    """List the steps of live versions and drafts that send a block; archived journeys are left out."""
    steps = Step.objects.filter(settings__block=slug, version=F("version__journey__live_version"))
    live = steps.exclude(version__journey__state=Journey.State.ARCHIVED).select_related("version__journey")
    if states:
        live = live.filter(version__journey__state__in=states)
    rows = live.order_by("version__journey__slug", "position")
    found = [Use(row.version.journey.slug, row.version.journey.name, row.name, row.key, False) for row in rows]
    there = {(use.journey_slug, use.key) for use in found}
    drafts = Version.objects.filter(published_at=None).exclude(journey__state=Journey.State.ARCHIVED)
    wanted = drafts.filter(definition__steps__contains=[{"block": slug}]).select_related("journey")
    for version in wanted.order_by("journey__slug"):
        for step in version.definition.get("steps", ()):
            key = str(step.get("key", ""))
            if step.get("block") == slug and (version.journey.slug, key) not in there:
                name = translated(step.get("name")) or key
                found.append(Use(version.journey.slug, version.journey.name, name, key, True))
    return found


def results(block_ids: list[int], *, since: datetime) -> dict[int, Result]:
    """Count what was sent of blocks since then, and in how much of it somebody clicked; one statement."""
    given = {"blocks": block_ids, "since": since}
    rows = sql.rows(sql.statement("journeys/content/sql/results.sql"), given) if block_ids else []
    return {block: Result(sent, clicked) for block, sent, clicked in rows}


def preview_person(words: str, language: str) -> Contact | None:
    """Find the person to show a preview as: by id, address or name; without words somebody who speaks the language."""
    people = Contact.objects.select_related("account").order_by("pk")
    if not words:
        return people.filter(language=language).first() or people.first()
    wanted = Q(email=words.lower()) | Q(external_id=words)
    if words.isdecimal() and len(words) < 19:
        wanted |= Q(pk=int(words))
    return people.filter(wanted).first() or people_named(words).first()


def people_named(words: str) -> QuerySet[Contact]:
    """Find people by parts of their name, address or company."""
    found = Contact.objects.select_related("account").order_by("-pk")
    for word in words.split()[:4]:
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word)
        found = found.filter(named | Q(account__name__icontains=word))
    return found
