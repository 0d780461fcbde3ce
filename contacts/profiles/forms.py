"""The form of the search for people by a condition."""

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.conditions.forms import ConditionField, ConditionWidget


class SearchForm(forms.Form):
    """A condition, or none: everybody."""

    condition = ConditionField(required=False, label=_("Condition"), widget=ConditionWidget(checks=False))
