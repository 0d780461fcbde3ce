"""The table of calls of machines outside, one for each arrival at a webhook step."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

ANSWER_WITHIN = "10s"  # is how long a machine has, when the step does not say


class WebhookCall(models.Model):
    """One call of a machine outside for one person at a webhook step; made by orchestrator.channels, never in a tick."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CALLING = "calling", _("calling")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    enrollment = models.ForeignKey(
        "journeys.Enrollment", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("enrollment")
    )
    step = models.ForeignKey(
        "journeys.Step", models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("step")
    )
    visit = models.PositiveIntegerField(_("visit"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_constraint=False, verbose_name=_("contact"))
    journey = models.ForeignKey(
        "journeys.Journey", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("journey")
    )
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    claim = models.UUIDField(_("claim"), null=True, blank=True)
    lease_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    answer = models.JSONField(_("answer"), null=True, blank=True)  # what the step asked to keep of it
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    replayed_at = models.DateTimeField(_("repeated by a person"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")
        constraints = [models.UniqueConstraint(fields=["enrollment", "step", "visit"], name="webhookcall_once")]
        indexes = [
            models.Index(fields=["next_at"], name="webhookcall_open", condition=Q(state__in=("waiting", "calling"))),
            models.Index(fields=["id"], name="webhookcall_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.contact_id} {self.state}"
