"""The form of an update: attributes with their new values, stage, points, tags."""

import json
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contacts.attributes.queries import definitions
from contacts.attributes.rules import KIND_NAMES, Kind, Unfit, parse
from contacts.scores.models import Score
from contacts.stages.models import Stage
from journeys.steps.fields import attribute_choices, empty_choice, things
from journeys.steps.forms import RowSet, StepForm

MOST = 20
NOW = {"now": True}


class UpdateForm(StepForm):
    """Everything that an update can change; what is left empty stays."""

    advanced = ()

    def __init__(self, *args: Any, **more: Any) -> None:
        self.rows = {
            "set": RowSet(_("Attributes"), _("Add an attribute"), MOST, self._attribute),
            "score": RowSet(_("Points"), _("Add points"), MOST, self._points),
        }
        super().__init__(*args, **more)

    def kind_fields(self) -> dict[str, forms.Field]:
        """Stage and tags."""
        stages = things(Stage.objects.order_by("position"), [self.step.get("stage", "")], empty=_("stays as it is"))
        words = _("Several with commas between.")
        return {
            "stage": forms.ChoiceField(label=_("Stage"), required=False, choices=stages),
            "tag_add": forms.CharField(label=_("Tags to add"), required=False, max_length=2_000, help_text=words),
            "tag_remove": forms.CharField(
                label=_("Tags to take away"), required=False, max_length=2_000, help_text=words
            ),
        }

    def _attribute(self) -> dict[str, forms.Field]:
        language = (get_language() or "en")[:2]
        listed = attribute_choices([*KIND_NAMES], language, self.step.get("set") or {})
        return {
            "key": forms.ChoiceField(label=_("Attribute"), choices=[empty_choice(_("choose")), *listed]),
            "value": forms.CharField(
                label=_("Becomes"), required=False, max_length=1_000, help_text=_("Empty: the value is taken away.")
            ),
            "now": forms.BooleanField(label=_("the moment of this step"), required=False),
        }

    def _points(self) -> dict[str, forms.Field]:
        scores = things(Score.objects.order_by("slug"), self.step.get("score") or {}, empty=_("choose"))
        return {
            "slug": forms.ChoiceField(label=_("Score"), choices=scores),
            "points": forms.FloatField(label=_("Points"), help_text=_("Less than 0 takes points away.")),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Rows of attributes and of points."""
        tag = step.get("tag") or {}
        changes = (step.get("set") or {}).items()
        return {
            "set": [{"key": key, "value": _written(value), "now": value == NOW} for key, value in changes],
            "score": [{"slug": slug, "points": points} for slug, points in (step.get("score") or {}).items()],
            "stage": step.get("stage", ""),
            "tag_add": ", ".join(tag.get("add") or []),
            "tag_remove": ", ".join(tag.get("remove") or []),
        }

    def clean(self) -> dict[str, Any]:
        """Read each value as its attribute's type before the kind looks at it."""
        known, language = definitions(), (get_language() or "en")[:2]
        for i in range(self.counts["set"]):
            key, value = self.cleaned_data.get(f"set_{i}_key"), self.cleaned_data.get(f"set_{i}_value")
            if key and self.cleaned_data.get(f"set_{i}_now"):
                self.cleaned_data[f"set_{i}_value"] = NOW
            elif key:
                one = known.get(key)
                try:
                    kind, choices = (one.kind, one.choices) if one else (_guess(value or ""), ())
                    read = parse(kind, value, "," if language == "de" else ".", choices=choices) if value else None
                    self.cleaned_data[f"set_{i}_value"] = read
                except Unfit as error:
                    self.add_error(f"set_{i}_value", error.say(language))
        return super().clean()

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Only what changes."""
        settings: dict[str, Any] = {}
        if given["set"]:
            settings["set"] = {row["key"]: row["value"] for row in given["set"]}
        if given["stage"]:
            settings["stage"] = given["stage"]
        if given["score"]:
            settings["score"] = {row["slug"]: _plain(row["points"]) for row in given["score"]}
        tag = {verb: _parts(given[f"tag_{verb}"]) for verb in ("add", "remove") if _parts(given[f"tag_{verb}"])}
        return settings | ({"tag": tag} if tag else {})


def _written(value: Any) -> str:
    """A value as somebody would type it."""
    if value is None or value == NOW:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _guess(text: str) -> Kind:
    """The type of a value whose attribute nobody has defined."""
    if text in ("true", "false"):
        return Kind.YES_NO
    return Kind.NUMBER if text.replace(".", "", 1).removeprefix("-").isdecimal() else Kind.TEXT


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys(part for one in text.split(",") if (part := one.strip())))
