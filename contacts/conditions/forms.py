"""The form field of a condition: checked in the language of conditions."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.conditions.language import validate


class ConditionField(forms.JSONField):
    """A condition as JSON; a wrong one is refused with every error and its path."""

    def clean(self, value: Any) -> Any:
        """Read and check a condition; None where it is empty and may be."""
        condition = super().clean(value)
        if condition is None:
            return None
        errors = [problem for problem in validate(condition) if problem.level == "error"]
        if errors:
            raise ValidationError([str(problem) for problem in errors])
        return condition
