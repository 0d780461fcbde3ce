"""The form of a split: its arms with their weights, and what makes two experiments the same."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.steps.forms import RowSet, StepForm

MOST = 25


def _fields() -> dict[str, forms.Field]:
    return {
        "before": forms.CharField(required=False, widget=forms.HiddenInput),
        "name": forms.CharField(label=_("Arm"), max_length=50),
        "weight": forms.FloatField(label=_("Weight"), min_value=0.0001, max_value=1_000_000),
        "holdout": forms.BooleanField(
            label=_("Holdout: measured, never contacted"),
            required=False,
        ),
    }


class SplitForm(StepForm):
    """The arms of an experiment."""

    rows = {"arms": RowSet(_("Arms"), _("Add an arm"), MOST, _fields, {"weight": 50})}
    advanced = ("salt",)

    def kind_fields(self) -> dict[str, forms.Field]:
        """What chance hangs on."""
        words = _("Splits with the same salt put a person into the same place. Empty: this step by itself.")
        return {
            "salt": forms.CharField(label=_("Salt of the experiment"), required=False, max_length=200, help_text=words)
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Each arm as a row."""
        arms = [
            {
                "before": arm.get("name", ""),
                "name": arm.get("name", ""),
                "weight": arm.get("weight"),
                "holdout": bool(arm.get("holdout")),
            }
            for arm in step.get("arms") or []
        ]
        return {"arms": arms, "salt": step.get("salt", "")}

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arms in their order; one that is called otherwise now still leads where it led."""
        before = {arm.get("name"): arm for arm in self.step.get("arms") or []}
        arms = []
        for row in given["arms"]:
            weight = row["weight"]
            arm: dict[str, Any] = {"name": row["name"], "weight": int(weight) if weight == int(weight) else weight}
            arm |= {"holdout": True} if row["holdout"] else {}
            old = before.get(row["before"], {})
            arms.append(arm | ({"next": old["next"]} if "next" in old else {}))
        return {"arms": arms, **({"salt": given["salt"]} if given["salt"] else {})}
