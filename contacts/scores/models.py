"""The tables of scores: rules that give points, and what they came to for each person."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Score(Named):
    """A score from 0 to 100: how well somebody fits, or how much they do."""

    class Axis(models.TextChoices):
        FIT = "fit", _("fit")
        ENGAGEMENT = "engagement", _("engagement")

    class Decay(models.TextChoices):
        NONE = "none", _("none")
        LINEAR = "linear", _("linear")  # nothing is left after decay_days
        HALF_LIFE = "half_life", _("half-life")  # half is left after decay_days

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    axis = models.CharField(_("axis"), max_length=10, choices=Axis.choices)
    decay = models.CharField(_("decay"), max_length=9, choices=Decay.choices, default=Decay.NONE)
    decay_days = models.PositiveIntegerField(_("decay: days"), default=30)
    active = models.BooleanField(_("active"), default=True)
    computed_at = models.DateTimeField(_("computed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["slug"]


class ScoreRule(Named):
    """Points for a condition that holds, or for each event of a kind; negative points count down."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="rules", verbose_name=_("score"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # either a condition (points once, while it holds) or an event leaf without count and window (points for each, decaying)
    condition = models.JSONField(_("condition"), null=True, blank=True)
    event = models.JSONField(_("event"), null=True, blank=True)
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2)
    most_a_day = models.PositiveSmallIntegerField(_("counted at most a day"), null=True, blank=True)

    class Meta:
        verbose_name = _("score rule")
        verbose_name_plural = _("score rules")
        ordering = ["score", "position", "id"]


class Grade(models.Model):
    """From which value of an axis on a letter or number of the grid holds: fit A to D, engagement 1 to 4."""

    axis = models.CharField(_("axis"), max_length=10, choices=Score.Axis.choices)
    label = models.CharField(_("label"), max_length=4)
    least = models.PositiveSmallIntegerField(_("from"))

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ["axis", "-least"]
        constraints = [models.UniqueConstraint(fields=["axis", "least"], name="grade_once")]

    def __str__(self) -> str:
        return f"{self.axis} {self.label}"


class ScoreValue(models.Model):
    """What a score came to for a person, with its factors."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="values", verbose_name=_("score"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    value = models.PositiveSmallIntegerField(_("value"))  # 0 to 100
    factors = models.JSONField(_("factors"), default=list)  # [{"rule": id, "points": 12.5, "n": 3}], largest first
    since = models.DateTimeField(_("since"))  # when the value last changed

    class Meta:
        verbose_name = _("value of a score")
        verbose_name_plural = _("values of scores")
        constraints = [models.UniqueConstraint(fields=["score", "contact"], name="scorevalue_once")]

    def __str__(self) -> str:
        return f"{self.score_id} {self.contact_id} {self.value}"


class ScoreAward(models.Model):
    """Points that a journey gave a person beside the rules of a score; they decay as the score's own."""

    score = models.ForeignKey(Score, models.CASCADE, related_name="awards", verbose_name=_("score"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2)
    by = models.CharField(_("by"), max_length=200)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("award of points")
        verbose_name_plural = _("awards of points")

    def __str__(self) -> str:
        return f"{self.score_id} {self.contact_id} {self.points}"
