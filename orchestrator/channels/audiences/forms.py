"""The form of an audience: whom it follows, where they go, under which purpose."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.segments.models import Segment
from contacts.segments.rules import slug_from
from orchestrator.channels.audiences.models import Audience
from orchestrator.channels.audiences.queries import purposes
from orchestrator.channels.audiences.rules import COLUMNS, HASHED, NUMBER
from orchestrator.kernel.fields import translated

NEEDED = {"google": ("account", "remote_list"), "meta": ("remote_list",), "file": ()}


class AudienceForm(forms.ModelForm):
    """Everything that cannot be meant is refused in words."""

    columns = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Columns of the file"),
        help_text=gettext_lazy("Hashed columns are SHA-256. Take plain columns only where the receiver needs them."),
    )

    class Meta:
        model = Audience
        fields = (
            "name_en", "name_de", "segment", "people", "destination", "account", "manager", "remote_list", "purpose", "columns",
        )  # fmt: skip
        help_texts = {
            "segment": gettext_lazy("Everybody who is in it now; it may be a rule or a list."),
            "people": gettext_lazy(
                "A list that journeys fill with the step “Audience”. With a segment: both together."
            ),
            "account": gettext_lazy("Google: customer id of the account that owns the list, digits only."),
            "manager": gettext_lazy("Google: customer id of the manager account that signs in, if there is one."),
            "remote_list": gettext_lazy("Google: user list id. Meta: custom audience id."),
            "purpose": gettext_lazy("It is looked at on every run, also for those who are in already."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: dict[str, Any] = self.fields
        chosen["segment"].queryset = Segment.objects.order_by("name_en")
        chosen["people"].queryset = Segment.objects.filter(kind=Segment.Kind.FIXED).order_by("name_en")
        for name, empty in (("segment", _("no segment")), ("people", _("no list"))):
            chosen[name].empty_label = empty
        chosen["purpose"].queryset = purposes()
        chosen["purpose"].empty_label = None
        chosen["columns"].choices = [(name, translated(dict(text))) for name, text in COLUMNS.items()]
        chosen["columns"].initial = list(HASHED)
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(widget, forms.CheckboxSelectMultiple):
                widget.attrs["class"] = "form-check-input"
            else:
                widget.attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
            if name in ("account", "manager", "remote_list"):
                widget.attrs["inputmode"] = "numeric"
            if self.is_bound and name in self.errors:
                widget.attrs["aria-invalid"] = "true"

    def clean(self) -> dict[str, Any]:
        """A source, what the destination needs, and a short name for a new one."""
        found = super().clean() or self.cleaned_data
        if not found.get("segment") and not found.get("people") and not {"segment", "people"} & set(self.errors):
            self.add_error("segment", _("Choose a segment, a list, or both."))
        destination = found.get("destination")
        for name in ("account", "manager", "remote_list"):
            value = (found.get(name) or "").strip().replace("-", "")
            found[name] = value if destination != "file" else ""
            if name in NEEDED.get(destination or "", ()) and not value:
                self.add_error(name, _("This destination needs it."))
            elif found[name] and not NUMBER.fullmatch(found[name]):
                self.add_error(name, _("Digits only, please."))
        found["columns"] = [name for name in COLUMNS if name in (found.get("columns") or ())]
        if destination == "file" and not found["columns"] and "columns" not in self.errors:
            self.add_error("columns", _("A file needs at least one column."))
        self._name(found)
        return found

    def _name(self, found: dict[str, Any]) -> None:
        if self.instance.pk or not found.get("name_en"):
            return
        made = slug_from(found["name_en"], Audience.objects.values_list("slug", flat=True), 100)
        if not made:
            self.add_error("name_en", _("No short name can be made of this name: please use letters or digits."))
        self.instance.slug = made
