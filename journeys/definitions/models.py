"""The tables of journeys, their versions and steps."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES
from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import Named, translated


class Journey(Named):
    """A journey; what it does is said by its versions. A higher priority goes first."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")  # nobody enters, nobody moves, nothing is sent
        ARCHIVED = "archived", _("archived")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    priority = models.PositiveSmallIntegerField(_("priority"), default=10)
    value = models.DecimalField(_("value"), max_digits=8, decimal_places=3, default=1)
    live_version = models.ForeignKey(
        "journeys.Version", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("live version")
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        ordering = ["-priority", "slug"]

    @property
    def phase_name(self) -> str:
        """The phase in the active language."""
        return translated(PHASE_NAMES[Phase(self.phase)])


class Version(models.Model):
    """One definition of a journey. Immutable once published; a trigger in the database refuses changes."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="versions", verbose_name=_("journey"))
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))  # the format of docs/guide/journeys.md
    created_at = models.DateTimeField(_("created"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="version_number"),
            models.UniqueConstraint(fields=["journey"], name="version_one_draft", condition=Q(published_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} v{self.number}"


class Step(Named):
    """One step of a published version. `exits` maps the label of each way out to the id of the next step."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="steps", verbose_name=_("version"))
    key = models.SlugField(_("key"), max_length=60)  # stable over versions
    kind = models.CharField(_("kind"), max_length=20)
    position = models.PositiveSmallIntegerField(_("position"))
    settings = models.JSONField(_("settings"), default=dict)
    exits = models.JSONField(_("exits"), default=dict)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["version", "position"]
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="step_key")]
