"""The staff's form of a sign-up form: names, texts, what it asks about and in which order."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.preferences.form_queries import agreeable, chosen_purposes
from consent.preferences.models import SignupForm
from contacts.segments.rules import slug_from

MOST_QUESTIONS = 12
EXTRA = (
    ("first_name", gettext_lazy("First name")),
    ("last_name", gettext_lazy("Last name")),
    ("country", gettext_lazy("Country")),
)


class SignupFormForm(forms.ModelForm):
    """What a sign-up form says and asks. Its questions are fields `purpose_1`, `purpose_2` ... in their order."""

    fields_asked = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Also asked for"), choices=EXTRA, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nobody has to answer these; the e-mail address is always asked for."),
    )  # fmt: skip

    class Meta:
        model = SignupForm
        fields: Sequence[str] = ("name_en", "name_de", "slug", "intro_en", "intro_de", "active")
        widgets = {"intro_en": forms.Textarea({"rows": 3}), "intro_de": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.pk is not None
        if stored:
            del self.fields["slug"]  # pages elsewhere lead to it
            self.initial.setdefault("fields_asked", self.instance.fields)
        else:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _(
                "Part of the address. Made of the English name when empty; it cannot be changed."
            )
        choices = [("", "–"), *((str(one.pk), one.name) for one in agreeable())]
        chosen = [str(one.purpose_id) for one in chosen_purposes(self.instance)] if stored else []
        self.questions = [f"purpose_{n}" for n in range(1, min(MOST_QUESTIONS, len(choices) - 1) + 1)]
        for n, name in enumerate(self.questions):
            label = _("Question %(n)s") % {"n": n + 1}
            self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)
            self.initial.setdefault(name, chosen[n] if n < len(chosen) else "")
        for field in self.fields.values():
            boxes = isinstance(field.widget, forms.CheckboxSelectMultiple | forms.CheckboxInput)
            chosen_from = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = "form-check-input" if boxes else chosen_from

    def clean(self) -> dict[str, Any]:
        """Every purpose once, at least one; an address that nobody has yet."""
        given = super().clean() or {}
        chosen = [int(given[name]) for name in self.questions if given.get(name)]
        if not chosen:
            raise ValidationError(_("Choose at least one purpose to ask about."))
        if len(set(chosen)) < len(chosen):
            raise ValidationError(_("Each purpose can be asked about once."))
        given["purposes"] = chosen
        if self.instance.pk is None and not given.get("slug") and given.get("name_en"):
            taken = set(SignupForm.objects.values_list("slug", flat=True))
            given["slug"] = slug_from(given["name_en"], taken)
        return given
