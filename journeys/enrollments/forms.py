"""The form by which somebody is put into a journey or taken out of it by hand."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.profiles.models import Contact

MOST = 200  # people at once; more come by a segment
LONGEST = 320


class PeopleForm(forms.Form):
    """Who it is about: e-mail addresses or ids, one a line, and the key of their run."""

    people = forms.CharField(
        label=_("People"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control", "spellcheck": "false"}),
        max_length=MOST * (LONGEST + 1),
        help_text=_("E-mail addresses or ids, one a line."),
    )
    key = forms.CharField(
        label=_("Key of the run"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
        help_text=_(
            "Of a cart, an order ...: only where the journey has a run for each. Empty when taking out: all runs."
        ),
    )

    def clean_people(self) -> list[int]:
        """The ids of the people who are meant; whoever is not known is named."""
        lines = list(dict.fromkeys(line.strip() for line in self.cleaned_data["people"].splitlines() if line.strip()))
        if len(lines) > MOST:
            raise forms.ValidationError(_("At most %(n)s people at once."), params={"n": MOST})
        found = _find(lines)
        if missing := [line for line in lines if line not in found]:
            raise forms.ValidationError(_("Nobody is called %(names)s."), params={"names": ", ".join(missing[:5])})
        return list(dict.fromkeys(found[line] for line in lines))


def _find(lines: list[str]) -> dict[str, int]:
    """People by their address, else by the id of the team's systems, else by ours."""
    numbers = {int(line): line for line in lines if line.isdecimal() and len(line) < 18}
    wanted: dict[str, Any] = {"pk__in": list(numbers)}
    found = {numbers[pk]: pk for pk in Contact.objects.filter(**wanted).values_list("pk", flat=True)}
    found |= dict(Contact.objects.filter(external_id__in=lines).values_list("external_id", "pk"))
    mails = dict(Contact.objects.filter(email__in=[line.lower() for line in lines]).values_list("email", "pk"))
    return found | {line: mails[line.lower()] for line in lines if line.lower() in mails}
