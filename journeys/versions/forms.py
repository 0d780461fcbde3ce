"""The forms of pausing, comparing and putting away journeys."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

HOLD, RUN_OUT = "hold", "run_out"
DATE_FORMAT = "%Y-%m-%dT%H:%M"


class PauseForm(forms.Form):
    """How a journey pauses, and until when, in the team's time zone."""

    mode = forms.ChoiceField(
        label=_("How"),
        choices=[
            (HOLD, _("Hold: nobody enters, nobody moves, nothing is sent")),
            (RUN_OUT, _("Let it run out: nobody enters, those who are in it go on")),
        ],
        widget=forms.RadioSelect,
        initial=HOLD,
    )
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        input_formats=[DATE_FORMAT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATE_FORMAT),
    )
    archive = forms.BooleanField(label=_("Archive it as soon as nobody is left"), required=False)

    def __init__(self, *args: Any, now: datetime, **more: Any) -> None:
        super().__init__(*args, **more)
        self.now = now

    def clean_until(self) -> datetime | None:
        """Take the moment in the team's time zone; it lies ahead."""
        until: datetime | None = self.cleaned_data["until"]
        if until is None:
            return None
        until = until.replace(tzinfo=ZoneInfo(settings.TEAM_TIME_ZONE))
        if until <= self.now:
            raise forms.ValidationError(_("This moment is over already."))
        return until
