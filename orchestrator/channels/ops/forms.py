"""The forms of operations: a reason to stop, a rate limit, which dead letters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orchestrator.channels.ops.queries import KINDS, Filter
from orchestrator.channels.throttle.models import Bucket


class LimitForm(forms.Form):
    """How many messages a second go out."""

    kind = forms.ChoiceField(label=_("Of what"), choices=Bucket.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=253, help_text=_("For example email, smtp or gmail.com"))
    per_second = forms.FloatField(label=_("Messages a second"), min_value=0.001, max_value=100_000)
    most = forms.IntegerField(label=_("At once at most"), min_value=1, max_value=1_000_000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "kind" else "form-control"

    def clean(self) -> dict[str, Any]:
        """Without a number at once, it is as many as go out in a second."""
        given = super().clean() or {}
        if not given.get("most") and "per_second" in given:
            given["most"] = max(1, round(given["per_second"]))
        return given


def chosen_of(given: Any) -> Filter:
    """Which dead letters an address or a form asks for; what it does not know is left out."""
    text = {name: str(given.get(name, "")).replace("\0", "")[:300] for name in Filter._fields}
    kind = text["kind"] if text["kind"] in KINDS else ""
    return Filter(kind, text["channel"][:20], text["code"][:20], text["words"] if "words" in given else None)
