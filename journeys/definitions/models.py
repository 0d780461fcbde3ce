"""The tables of journeys, their versions and steps."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES
from contacts.stages.rules import PHASE_NAMES, Phase
from journeys.definitions.brake_rules import STOP, WARN, say_brake
from orchestrator.kernel.fields import Named, translated


class Journey(Named):
    """A journey; what it does is said by its versions. A higher priority goes first."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")  # nobody enters, nobody moves, nothing is sent
        ENDING = "ending", _("running out")  # nobody enters, those who are in go on
        ARCHIVED = "archived", _("archived")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    priority = models.PositiveSmallIntegerField(_("priority"), default=10)
    value = models.DecimalField(_("value"), max_digits=8, decimal_places=3, default=1)
    # score of a touch = priority x value x context x propensity, each 1 where unset
    context = models.JSONField(_("context"), null=True, blank=True)  # a condition
    context_factor = models.DecimalField(
        _("weight where the context holds"), max_digits=6, decimal_places=3, default=1, db_default=1
    )
    # short name of a score; its value of 100 counts as 1
    propensity = models.CharField(_("propensity"), max_length=100, blank=True, default="", db_default="")
    live_version = models.ForeignKey(
        "journeys.Version", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("live version")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"))
    # of the first publishing: what happened before opens nothing
    opened_at = models.DateTimeField(_("first published"), null=True, blank=True)
    # paused: goes on by itself then; running out: whoever is still in leaves then
    pause_until = models.DateTimeField(_("deadline of the pause"), null=True, blank=True)
    # what came back of the last mails, where it was too much: level (warn, stop), sent, bounced, complained, at, stopped_at
    brake = models.JSONField(_("brake"), default=dict, db_default={}, blank=True)
    # running out: archived as soon as nobody is left
    archive_when_empty = models.BooleanField(_("archived when nobody is left"), default=False, db_default=False)

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        ordering = ["-priority", "slug"]

    @property
    def phase_name(self) -> str:
        """The phase in the active language."""
        return translated(PHASE_NAMES[Phase(self.phase)])

    @property
    def brake_sentence(self) -> str:
        """Why the journey was stopped by itself, or is close to it, in the active language; empty when neither."""
        level = self.brake.get("level")
        shown = {STOP: self.State.PAUSED, WARN: self.State.LIVE}.get(level)
        return say_brake(self.brake) if shown == self.state else ""


class Version(models.Model):
    """One definition of a journey. Immutable once published; a trigger in the database refuses changes."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="versions", verbose_name=_("journey"))
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))  # the format of docs/guide/journeys.md
    created_at = models.DateTimeField(_("created"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    revision = models.PositiveIntegerField(_("revision"), default=0)  # of the draft: the number of its newest edit
    # what happens to people in flight: {"steps": {key: {"do": ..., "to": ...}}, "take_in": bool}; see journeys.versions
    plan = models.JSONField(_("plan for people in flight"), default=dict, db_default={}, blank=True)
    # publishing to many wants a second person: who asked, and when
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    requested_at = models.DateTimeField(_("requested"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True, default="", db_default="")
    # when it was last looked at what time alone ends or lets through; null: everybody is looked at once
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="version_number"),
            models.UniqueConstraint(fields=["journey"], name="version_one_draft", condition=Q(published_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} v{self.number}"


class Edit(models.Model):
    """One change of a draft, with the whole definition after it: undo and redo go along the numbers."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="edits", verbose_name=_("version"))
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))
    what = models.CharField(_("what"), max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("edits")
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="edit_number")]

    def __str__(self) -> str:
        return f"{self.version_id}.{self.number} {self.what}"


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


class SavedView(models.Model):
    """Filters of the list of journeys that somebody keeps under a name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters"), max_length=500)  # as in the address: state=live&phase=purchase

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="savedview_name")]

    def __str__(self) -> str:
        return self.name
