"""The forms of what carries a condition: a wrong one is refused with its path, circles with their way."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.conditions.forms import ConditionField
from contacts.segments.editing import as_loaded, circle_through
from contacts.segments.models import Segment
from contacts.segments.rules import slug_from


class DefinitionForm(forms.ModelForm):
    """The form of a segment, a signal or a stage: short name from the name, and what was there when it was opened."""

    # what the definition was when the form was opened; two people who edit at once do not overwrite each other
    loaded = forms.JSONField(required=False, widget=forms.HiddenInput)
    kind_of_thing = ""  # as conditions name it
    longest_slug = 100

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = self.instance.pk is not None
        self.more: dict[str, Any] = {}  # what is stored beside the fields of the form
        if self.stored:
            self.was = as_loaded(self.instance, self._meta.fields or [])
            self.initial.setdefault("loaded", self.was)
            del self.fields["slug"]  # rules name it
        else:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _(
                "Made of the English name when empty; rules use it, it cannot be changed."
            )
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "form-check-input"
            elif isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "form-select"
            elif not isinstance(field, ConditionField) and not isinstance(field.widget, forms.MultiWidget):
                field.widget.attrs.setdefault("class", "form-control")
            if isinstance(field.widget, forms.Textarea) and not isinstance(field, ConditionField):
                field.widget.attrs["rows"] = 2
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_slug(self) -> str:
        """Make a short name of the English name where none was given."""
        slug = self.cleaned_data["slug"]
        if slug:
            return str(slug)
        taken = self._meta.model.objects.values_list("slug", flat=True)
        made = slug_from(self.cleaned_data.get("name_en", ""), taken, self.longest_slug)
        if not made and "name_en" in self.cleaned_data:
            raise ValidationError(_("No short name can be made of this name: please give one."))
        return made

    def clean_loaded(self) -> Any:
        """Take nothing but what this form had written itself."""
        loaded = self.cleaned_data["loaded"]
        return loaded if isinstance(loaded, dict) else None

    def refuse_circle(self, condition: Any) -> None:
        """Refuse a condition that leads back to itself over other definitions, with the way."""
        slug = self.instance.slug if self.stored else self.cleaned_data.get("slug") or ""
        if circle := circle_through(self.kind_of_thing, slug, condition) if slug else []:
            way = " -> ".join(circle)
            self.add_error("condition", _("This condition leads back to itself: %(way)s") % {"way": way})

    def given(self) -> dict[str, Any]:
        """What is to be stored."""
        return {field: self.cleaned_data[field] for field in self._meta.fields or () if field in self.cleaned_data}


class SegmentForm(DefinitionForm):
    """A segment: by a condition, or a fixed list."""

    kind_of_thing = "segment"
    condition = ConditionField(required=False, label=gettext_lazy("Who is in it"))

    class Meta:
        model = Segment
        fields: Sequence[str] = ("name_en", "name_de", "slug", "kind", "description", "condition", "active")

    def clean(self) -> dict[str, Any]:
        """A condition where one is needed, none where a list says who is in it; never a circle."""
        found = super().clean() or self.cleaned_data
        if found.get("kind") == Segment.Kind.FIXED:
            found["condition"] = None
            self.errors.pop("condition", None)
        elif "condition" in found and found["condition"] is None:
            self.add_error("condition", _("A dynamic segment needs a condition."))
        elif "condition" in found:
            self.refuse_circle(found["condition"])
        return found


class PasteForm(forms.Form):
    """E-mail addresses or ids to put onto a list."""

    lines = forms.CharField(
        label=gettext_lazy("E-mail addresses or ids, one a line"),
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4, "spellcheck": "false"}),
        max_length=2_000_000,
    )
