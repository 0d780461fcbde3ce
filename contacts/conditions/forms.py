"""The form field of a condition: checked in the language of conditions, edited in the builder."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.forms.utils import flatatt
from django.template.loader import render_to_string

from contacts.conditions.checking import errors_of


class ConditionWidget(forms.Textarea):
    """The builder: rows in the browser over one field with JSON, which is all there is without JavaScript.

    run: the condition is about runs of a journey. checks: whether the form can be sent to be checked (by POST).
    """

    use_required_attribute = lambda self, initial: False  # noqa: E731  the field may be folded away

    def __init__(self, attrs: dict[str, Any] | None = None, *, run: bool = False, checks: bool = True) -> None:
        super().__init__(attrs)
        self.run, self.checks = run, checks

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> Any:
        """Render the builder of the page, not Django's own template of a text area."""
        context = self.get_context(name, value, attrs)
        said = {key: value for key, value in context["widget"]["attrs"].items() if key.startswith("aria-")}
        context |= {"attributes": flatatt(said), "subject": "run" if self.run else "contact", "checks": self.checks}
        return render_to_string("contacts/conditions/_builder.html", context)


class ConditionField(forms.JSONField):
    """A condition; a wrong one is refused with every error and its path. run: about runs of a journey."""

    def __init__(self, *, run: bool = False, **more: Any) -> None:
        self.run = run
        more.setdefault("widget", ConditionWidget(run=run))
        super().__init__(**more)

    def to_python(self, value: Any) -> Any:
        """Read the JSON; numbers and lists without end are refused like any other text that is none."""
        try:
            return super().to_python(value.strip() if isinstance(value, str) else value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value}) from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show again exactly what somebody sent."""
        return initial if self.disabled else InvalidJSONInput(data or "")

    def prepare_value(self, value: Any) -> Any:
        """Write a condition so that people can read it; what was sent stays as it was typed."""
        return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else value

    def clean(self, value: Any) -> Any:
        """Read and check a condition; None where it is empty and may be."""
        condition = super().clean(value)
        if condition is None:
            return None
        if errors := errors_of(condition, run=self.run):
            raise ValidationError([str(problem) for problem in errors])
        return condition
