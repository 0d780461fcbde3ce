"""The form of a slot."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.segments.rules import slug_from
from journeys.content.models import Block
from orchestrator.channels.slots.models import Slot
from orchestrator.channels.slots.rules import CHANNEL

TAKEN = ("new",)  # an address of ours


class SlotForm(forms.ModelForm):
    """What a slot is, where it is, and what everybody sees in it who gets nothing of their own."""

    class Meta:
        model = Slot
        fields: Sequence[str] = ("name_en", "name_de", "slug", "kind", "place", "fallback", "owner", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["slug"]  # pages name it
        else:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _(
                "Made of the English name when empty; pages name it, it cannot be changed."
            )
        blocks = Block.objects.filter(variants__channel=CHANNEL).exclude(state=Block.State.ARCHIVED).distinct()
        fallback, owner = self.fields["fallback"], self.fields["owner"]
        fallback.queryset = blocks.order_by("name_en")  # type: ignore[attr-defined]  # a choice of rows
        fallback.empty_label = _("nothing: the page’s own words stay")  # type: ignore[attr-defined]
        fallback.help_text = _("Content with a text for the channel “on the site”. It is shown once it is approved.")
        owner.queryset = owner.queryset.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]
        owner.empty_label = _("nobody")  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = "form-check-input" if name == "active" else kind
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_slug(self) -> str:
        """Make a short name of the English name where none was given."""
        slug = str(self.cleaned_data["slug"])
        if slug in TAKEN:
            raise ValidationError(_("This short name stands for something else: please choose another one."))
        if slug:
            return slug
        taken = [*TAKEN, *Slot.objects.values_list("slug", flat=True)]
        made = slug_from(self.cleaned_data.get("name_en", ""), taken, 90)
        if not made and "name_en" in self.cleaned_data:
            raise ValidationError(_("No short name can be made of this name: please give one."))
        return made
