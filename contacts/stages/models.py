"""The tables of lifecycle stages and their history."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.stages.rules import PHASE_NAMES, Phase
from orchestrator.kernel.fields import Named, translated

PHASES = [(phase.value, PHASE_NAMES[phase]["en"]) for phase in Phase]


class Stage(Named):
    """A lifecycle stage (lead, MQL, ... inactive). The first rule that holds, by `position`, decides."""

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    phase = models.CharField(_("phase"), max_length=13, choices=PHASES)
    position = models.PositiveSmallIntegerField(_("position"), unique=True)
    # null: nobody comes in by rule (sales or an operation of a journey puts people in), and nobody is moved out by rules
    condition = models.JSONField(_("rule"), null=True, blank=True)
    # who is in is moved on by rules only when this holds; null: as soon as another stage claims them
    leave = models.JSONField(_("leave when"), null=True, blank=True)
    goals_en = models.TextField(_("typical goals (English)"), blank=True, default="")
    goals_de = models.TextField(_("typical goals (German)"), blank=True, default="")
    # null: the rule is new, and the next tick judges everybody by it
    refreshed_at = models.DateTimeField(_("judged"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position"]

    @property
    def phase_name(self) -> str:
        """The phase in the active language."""
        return translated(PHASE_NAMES[Phase(self.phase)])

    @property
    def goals(self) -> list[str]:
        """The typical goals in the active language, one a line."""
        text = translated({"en": self.goals_en, "de": self.goals_de})
        return [line.strip() for line in text.splitlines() if line.strip()]


class StageChange(models.Model):
    """One move of a person from stage to stage, and by what."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    from_stage = models.ForeignKey(Stage, models.CASCADE, null=True, related_name="+", verbose_name=_("from"))
    to_stage = models.ForeignKey(Stage, models.CASCADE, related_name="+", verbose_name=_("to"))
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=200, default="rule")
    why = models.CharField(_("why"), max_length=500, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("stage change")
        verbose_name_plural = _("stage changes")
        indexes = [models.Index(fields=["to_stage", "at"], name="stagechange_to_at")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.from_stage_id} {self.to_stage_id}"
