"""The forms of a stage, and of a move by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.segments.forms import DefinitionForm
from contacts.signals.queries import load_contexts
from contacts.stages.models import Stage
from contacts.stages.queries import next_position


class StageForm(DefinitionForm):
    """A stage: the rule that claims people, and the rule that lets them go."""

    kind_of_thing = "stage"
    longest_slug = 50
    condition = ConditionField(required=False, label=gettext_lazy("Who comes in"))
    leave = ConditionField(required=False, label=gettext_lazy("Who may be moved on"))

    class Meta:
        model = Stage
        fields: Sequence[str] = ("name_en", "name_de", "slug", "phase", "condition", "leave", "goals_en", "goals_de")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.stored:
            self.more = {"position": next_position()}
        for name in ("goals_en", "goals_de"):
            self.fields[name].widget.attrs["rows"] = 3
            self.fields[name].help_text = _("one a line")

    def clean(self) -> dict[str, Any]:
        """No rule for leaving without a rule for coming in; context alone moves nobody."""
        found = super().clean() or self.cleaned_data
        if found.get("leave") and "condition" in found and not found["condition"]:
            said = _("Without a rule who comes in, people go only by hand or by a journey: leave this empty.")
            self.add_error("leave", said)
        contexts = load_contexts()
        for name in ("condition", "leave"):
            if found.get(name) and contexts.act_alone(found[name]):
                said = _("A context signal alone moves nobody: add what somebody does or where they stand.")
                self.add_error(name, said)
        return found


class MoveForm(forms.Form):
    """Put one person into a stage, and say why."""

    stage = forms.ModelChoiceField(
        Stage.objects.order_by("position"),
        label=gettext_lazy("Stage"),
        to_field_name="slug",
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=500, widget=forms.TextInput(attrs={"class": "form-control"})
    )
