"""The form of a survey: the question, what can be answered, and the message that asks."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.purposes.models import Purpose
from contacts.attributes.queries import definitions
from contacts.conditions.columns import column_name
from journeys.content.models import Block
from journeys.steps.fields import DurationField, things
from journeys.steps.forms import RowSet, StepForm

ANSWERS = [("nps", _("a grade from 0 to 10")), ("choices", _("one of these answers"))]


def _choice_fields() -> dict[str, forms.Field]:
    return {
        "before": forms.CharField(required=False, widget=forms.HiddenInput),
        "en": forms.CharField(label=_("Answer (English)"), max_length=100),
        "de": forms.CharField(label=_("Answer (German)"), max_length=100),
    }


class SurveyForm(StepForm):
    """The settings of a survey."""

    rows = {
        "choices": RowSet(
            _("Answers, two to ten; with a grade none are needed"), _("Add an answer"), 10, _choice_fields
        )
    }
    advanced = ("attribute", "purpose", "expires")

    def kind_fields(self) -> dict[str, forms.Field]:
        """The question, and how it is asked."""
        blocks = Block.objects.exclude(state=Block.State.ARCHIVED).order_by("name_en")
        attributes = [("", _("none"))] + [
            (one.key, column_name(one.key, "")) for one in definitions().values() if one.active
        ]
        area = forms.Textarea(attrs={"rows": 2})
        return {
            "question_en": forms.CharField(label=_("Question (English)"), max_length=300, widget=area),
            "question_de": forms.CharField(label=_("Question (German)"), max_length=300, widget=area),
            "block": forms.ChoiceField(
                label=_("Content that asks"),
                choices=things(blocks, [self.step.get("block", "")], empty=_("choose content")),
                help_text=_("Its text leads to the question by {{ survey.url }}."),
            ),
            "answers": forms.ChoiceField(label=_("The answer is"), choices=ANSWERS, widget=forms.RadioSelect),
            "comment": forms.BooleanField(label=_("with room for a comment"), required=False),
            "by_answer": forms.BooleanField(label=_("each answer has a way of its own"), required=False),
            "at_most": DurationField(label=_("Wait for the answer at most")),
            "attribute": forms.ChoiceField(
                label=_("Attribute that keeps the answer"), required=False, choices=attributes
            ),
            "purpose": forms.ChoiceField(
                label=_("Purpose"),
                required=False,
                choices=things(
                    Purpose.objects.order_by("id"), [self.step.get("purpose", "")], empty=_("of the journey")
                ),
            ),
            "expires": DurationField(label=_("The message makes sense for"), required=False),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the settings apart."""
        question = step.get("question") or {}
        choices = [one for one in step.get("choices") or [] if isinstance(one, dict)]
        return {
            "question_en": question.get("en", ""),
            "question_de": question.get("de", ""),
            "block": step.get("block", ""),
            "answers": "choices" if choices else "nps",
            "choices": [{"before": one.get("key", ""), **(one.get("label") or {})} for one in choices],
            "comment": step.get("comment", False),
            "by_answer": step.get("by_answer", False),
            "at_most": step.get("at_most", "7d"),
            "attribute": step.get("attribute", ""),
            "purpose": step.get("purpose", ""),
            "expires": step.get("expires"),
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put them together; an answer keeps its short name, so that reports and ways stay."""
        step: dict[str, Any] = {
            "question": {"en": given["question_en"].strip(), "de": given["question_de"].strip()},
            "block": given["block"],
            "at_most": given["at_most"],
        }
        if given["answers"] == "nps":
            step["nps"] = True
        else:
            step["choices"] = self._choices(given["choices"])
        step |= {key: True for key in ("comment", "by_answer") if given[key]}
        return step | {key: given[key] for key in ("attribute", "purpose", "expires") if given[key]}

    def _choices(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = {one.get("key"): one for one in self.step.get("choices") or [] if isinstance(one, dict)}
        taken = {row["before"] for row in rows if row["before"]}
        choices = []
        for n, row in enumerate(rows):
            key = row["before"] or _key(row["en"], taken, n)
            taken.add(key)
            way = {"next": kept[key]["next"]} if "next" in kept.get(key, {}) else {}
            choices.append({"key": key, "label": {"en": row["en"], "de": row["de"]}, **way})
        return choices


def _key(text: str, taken: set[str], n: int) -> str:
    """A short name out of an answer: "Very good!" is "very-good"."""
    key = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:30].strip("-")
    if not key or key in taken or key in ("next", "timeout"):
        key = f"{key or 'answer'}-{n + 1}"
    while key in taken:
        key += "x"
    return key
