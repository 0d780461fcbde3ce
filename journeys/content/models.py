"""The tables of content."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES
from orchestrator.kernel.fields import Named


class Block(Named):
    """A message that steps send by reference. `version` counts changes; each touch stores which one it got."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        APPROVED = "approved", _("approved")
        ARCHIVED = "archived", _("archived")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    channel = models.CharField(_("channel"), max_length=20, default="email")
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(_("version"), default=1)  # of the texts that are sent
    changed_at = models.DateTimeField(_("changed"))
    purpose = models.CharField(_("purpose"), max_length=50, blank=True, default="", db_default="")
    signals = models.JSONField(_("typical signals"), default=list, db_default=[], blank=True)  # short names
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )

    class Meta:
        verbose_name = _("content block")
        verbose_name_plural = _("content blocks")
        ordering = ["slug"]


class Revision(models.Model):
    """The texts of a block at one version: a draft, in review, approved (its texts are then the variants), or left behind."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("sent back")

    block = models.ForeignKey(Block, models.CASCADE, related_name="revisions", verbose_name=_("content block"))
    number = models.PositiveIntegerField(_("version"))
    variants = models.JSONField(
        _("variants"), default=list
    )  # [{channel, language, arm, subject, preheader, body, parts}]
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    edits = models.PositiveIntegerField(_("edits"), default=0)  # counts up: who saves an older one is told
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("changed"))
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)

    class Meta:
        verbose_name = _("version of content")
        verbose_name_plural = _("versions of content")
        ordering = ["block", "-number"]
        constraints = [models.UniqueConstraint(fields=["block", "number"], name="revision_number")]

    def __str__(self) -> str:
        return f"{self.block_id} v{self.number} {self.state}"


class Variant(models.Model):
    """The approved text of a block for one channel, language and arm: Liquid inside MJML body parts (`docs/guide/content.md`).

    arm: of the split whose people get it; empty for everybody else. parts: what the body was put together from, if it was.
    """

    block = models.ForeignKey(Block, models.CASCADE, related_name="variants", verbose_name=_("content block"))
    channel = models.CharField(_("channel"), max_length=20, default="email", db_default="email")
    language = models.CharField(_("language"), max_length=2, choices=[("en", "English"), ("de", "Deutsch")])
    arm = models.CharField(_("arm"), max_length=50, blank=True, default="", db_default="")
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    preheader = models.CharField(_("preview line"), max_length=300, blank=True, default="")
    body = models.TextField(_("body (MJML with Liquid)"))  # e-mail: what stands inside <mj-column>; else plain text
    parts = models.JSONField(_("parts"), null=True, blank=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [models.UniqueConstraint(fields=["block", "channel", "language", "arm"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.block_id} {self.channel} {self.language} {self.arm}".strip()


class Image(Named):
    """A picture of the media library, always re-encoded; it is served under its checksum."""

    checksum = models.CharField(_("checksum"), max_length=64, unique=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True, default="")
    mime = models.CharField(_("type"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.PositiveIntegerField(_("bytes"))
    content = models.BinaryField(_("content"))
    alt_en = models.CharField(_("what it shows (English)"), max_length=300, blank=True, default="")
    alt_de = models.CharField(_("what it shows (German)"), max_length=300, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["-at"]
