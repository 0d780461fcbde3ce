"""The table of tasks."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Task(models.Model):
    """What somebody of sales or service is to do for a person, until when, and what came of it."""

    class Team(models.TextChoices):
        SALES = "sales", _("sales")
        SERVICE = "service", _("service")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DECLINED = "declined", _("declined")

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    team = models.CharField(_("team"), max_length=7, choices=Team.choices)
    queue = models.CharField(_("queue"), max_length=100, blank=True, default="")  # within the team, any name
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    title = models.TextField(_("title"))  # Liquid as the author wrote it until filled_at, then the text itself
    text = models.TextField(_("text"), blank=True, default="")
    filled_at = models.DateTimeField(_("text filled"), null=True, blank=True)
    problem = models.CharField(_("why the text is missing"), max_length=300, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True, default="")  # a key of rules.OUTCOMES
    note = models.TextField(_("note"), blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=200, blank=True, default="")
    journey_slug = models.CharField(_("journey"), max_length=100, blank=True, default="")
    step_key = models.CharField(_("step"), max_length=100, blank=True, default="")
    enrollment_id = models.BigIntegerField(_("enrollment"), null=True, blank=True)
    visit = models.PositiveIntegerField(_("visit"), default=0)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [models.UniqueConstraint(fields=["enrollment_id", "step_key", "visit"], name="task_once")]
        indexes = [
            models.Index(fields=["due_at"], name="task_open", condition=Q(state="open")),
            models.Index(fields=["id"], name="task_unfilled", condition=Q(filled_at=None)),
            models.Index(fields=["closed_at"], name="task_closed", condition=~Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.team} {self.state}"
