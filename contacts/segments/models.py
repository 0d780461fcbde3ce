"""The tables of segments, their members, and who came and went."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Segment(Named):
    """A group of people: those whom a condition describes (dynamic), or a list (fixed)."""

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", _("dynamic")
        FIXED = "fixed", _("fixed list")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.DYNAMIC)
    condition = models.JSONField(_("condition"), null=True, blank=True)  # null: a fixed list
    description = models.TextField(_("description"), blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    refreshed_at = models.DateTimeField(_("refreshed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["slug"]


class SegmentMember(models.Model):
    """A person who is in a segment now."""

    # no constraints in the database: checking a row locks the contact's, which doubles the work of a large segment
    segment = models.ForeignKey(
        Segment, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("segment")
    )  # segmentmember_once begins with it
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_constraint=False, verbose_name=_("contact"))
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("segment member")
        verbose_name_plural = _("segment members")
        constraints = [models.UniqueConstraint(fields=["segment", "contact"], name="segmentmember_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.contact_id}"


class SegmentChange(models.Model):
    """A person came into or left a segment; `taken_at` says when journeys have looked at it."""

    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("segment"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_constraint=False, verbose_name=_("contact"))
    entered = models.BooleanField(_("entered"))
    at = models.DateTimeField(_("at"))
    taken_at = models.DateTimeField(_("looked at by journeys"), null=True)

    class Meta:
        verbose_name = _("segment change")
        verbose_name_plural = _("segment changes")
        indexes = [
            models.Index(fields=["segment", "contact"], name="segmentchange_open", condition=Q(taken_at=None)),
            BrinIndex(fields=["at"], name="segmentchange_at", autosummarize=True),  # rows come in the order of time
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.contact_id} {'in' if self.entered else 'out'}"


class SegmentSize(models.Model):
    """How many people were in a segment at the end of a day (of today: until now)."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes", verbose_name=_("segment"))
    day = models.DateField(_("day"))
    size = models.PositiveIntegerField(_("people"))

    class Meta:
        verbose_name = _("size of a segment")
        verbose_name_plural = _("sizes of segments")
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="segmentsize_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day} {self.size}"
