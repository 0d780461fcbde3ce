"""The form of whatever carries a condition: a wrong one is refused with its path."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.conditions.language import validate


class ConditionForm(forms.ModelForm):
    """Checks the field `condition` in the language of conditions."""

    def clean_condition(self) -> Any:
        """Refuse a condition that cannot be compiled, with every error and its path."""
        condition = self.cleaned_data["condition"]
        if condition is not None:
            errors = [problem for problem in validate(condition) if problem.level == "error"]
            if errors:
                raise ValidationError([f"{problem.path}: {problem.message}".lstrip(": ") for problem in errors])
        return condition
