"""The tables of content."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES
from orchestrator.kernel.fields import Named


class Block(Named):
    """A message that steps send by reference. `version` counts changes; each touch stores which one it got."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", _("approved")
        ARCHIVED = "archived", _("archived")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    channel = models.CharField(_("channel"), max_length=20, default="email")
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(_("version"), default=1)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("content block")
        verbose_name_plural = _("content blocks")
        ordering = ["slug"]


class Variant(models.Model):
    """The text of a block in one language: Liquid inside MJML body parts (`docs/guide/content.md`)."""

    block = models.ForeignKey(Block, models.CASCADE, related_name="variants", verbose_name=_("content block"))
    language = models.CharField(_("language"), max_length=2, choices=[("en", "English"), ("de", "Deutsch")])
    subject = models.CharField(_("subject"), max_length=300)
    preheader = models.CharField(_("preview line"), max_length=300, blank=True, default="")
    body = models.TextField(_("body (MJML with Liquid)"))  # what stands inside <mj-column>

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [models.UniqueConstraint(fields=["block", "language"], name="variant_language")]

    def __str__(self) -> str:
        return f"{self.block_id} {self.language}"
