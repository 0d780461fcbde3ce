"""The form of a branch: its ways in their order, each with its names and its condition."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.conditions.forms import ConditionField
from contacts.segments.rules import slug_from
from journeys.steps.forms import RowSet, StepForm

MOST = 25
LONGEST_KEY = 50


def _fields() -> dict[str, forms.Field]:
    key = forms.CharField(label=_("Key"), required=False, max_length=LONGEST_KEY, widget=forms.HiddenInput)
    return {
        "key": key,
        "name_en": forms.CharField(label=_("Name (English)"), max_length=100),
        "name_de": forms.CharField(label=_("Name (German)"), max_length=100),
        "when": ConditionField(run=True, label=_("Goes this way if")),
    }


class BranchForm(StepForm):
    """The ways; whoever fits none takes "otherwise", and "missing data" where it cannot be known."""

    rows = {"branches": RowSet(_("Ways, the first that fits"), _("Add a way"), MOST, _fields)}

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Each branch as a row."""
        return {
            "branches": [
                {
                    "key": branch.get("key", ""),
                    "name_en": (branch.get("name") or {}).get("en", ""),
                    "name_de": (branch.get("name") or {}).get("de", ""),
                    "when": branch.get("when"),
                }
                for branch in step.get("branches") or []
            ]
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """The branches in their new order; a new one gets its key from its name, and keeps it from then on."""
        before = {branch.get("key"): branch for branch in self.step.get("branches") or []}
        taken = {"missing", "otherwise", *(row["key"] for row in given["branches"] if row["key"])}
        branches = []
        for row in given["branches"]:
            key = row["key"] or slug_from(row["name_en"], taken, LONGEST_KEY) or slug_from("way", taken)
            taken.add(key)
            onward = {"next": before[key]["next"]} if "next" in before.get(key, {}) else {}
            name = {"en": row["name_en"], "de": row["name_de"]}
            branches.append({"key": key, "name": name, "when": row["when"], **onward})
        return {"branches": branches}
