"""The form of a task: for which team, what is to be done, until when, by whom."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from contacts.tasks.models import Task
from contacts.tasks.rules import LAST
from journeys.steps.fields import DurationField
from journeys.steps.forms import StepForm


class TaskForm(StepForm):
    """The settings of a task."""

    advanced = ("queue", "owner")

    def kind_fields(self) -> dict[str, forms.Field]:
        """Owners by their names; a queue may have any name."""
        users = User.objects.filter(is_active=True).order_by("username")[:200]
        owners = [("", _("the queue of the team")), (LAST, _("whoever dealt with the person last"))]
        owners += [(one.username, one.get_full_name() or one.username) for one in users]
        kept = self.step.get("owner", "")
        if kept and kept not in dict(owners):
            owners.append((kept, kept))
        queues = Task.objects.exclude(queue="").order_by("queue").values_list("queue", flat=True).distinct()[:20]
        example = ", ".join(queues)
        text = _("Values like {{ contact.first_name }} are filled in. Only colleagues read it.")
        return {
            "team": forms.ChoiceField(label=_("For"), choices=Task.Team.choices),
            "title": forms.CharField(label=_("Title"), max_length=500),
            "text": forms.CharField(
                label=_("What is to be done"),
                required=False,
                max_length=10_000,
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=text,
            ),
            "due": DurationField(label=_("Due within"), required=False, help_text=_("Empty: 2 days.")),
            "queue": forms.CharField(
                label=_("Queue"),
                required=False,
                max_length=100,
                help_text=_("Queues so far: %(queues)s") % {"queues": example} if example else "",
            ),
            "owner": forms.ChoiceField(label=_("Owner"), required=False, choices=owners),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """The settings as they are."""
        return {key: step.get(key, "") for key in ("team", "title", "text", "queue", "owner")} | {
            "due": step.get("due", "2d")
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Only what was said."""
        step = {"team": given["team"], "title": given["title"]}
        kept = {key: given[key] for key in ("text", "due", "queue", "owner") if given[key]}
        return step | kept
