"""The form by which staff note what somebody said by phone, letter or in a talk."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from consent.purposes.models import Purpose, Wording
from consent.records.operations import record_consent
from consent.records.queries import consents_of
from contacts.profiles.models import Contact
from orchestrator.kernel.access import everyone, may_decide_privacy

SOURCES = (("phone", _("phone")), ("letter", _("letter")), ("mail", _("e-mail")), ("talk", _("talk")))
CONTROL, SELECT = {"class": "form-control"}, {"class": "form-select"}


class NoteForm(forms.Form):
    """What somebody said. Only the privacy officer may note an agreement, with the text that was agreed to."""

    purpose = forms.ChoiceField(label=_("Purpose"), widget=forms.Select(attrs=SELECT))
    decision = forms.ChoiceField(label=_("Said"), widget=forms.Select(attrs=SELECT))
    source = forms.ChoiceField(label=_("Said by"), choices=SOURCES, widget=forms.Select(attrs=SELECT))
    wording = forms.ChoiceField(
        label=_("Text that was agreed to"),
        required=False,
        widget=forms.Select(attrs=SELECT),
        help_text=_("Needed for an agreement, together with a note that proves it."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs=CONTROL | {"rows": 2})
    )

    def __init__(self, *args: Any, officer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = Purpose.objects.exclude(enforcement=Purpose.Enforcement.NONE)
        said = [("withdrawn", _("no (any more): withdraws or objects")), ("granted", _("yes: agrees"))]
        wordings = Wording.objects.filter(purpose__active=True).select_related("purpose") if officer else ()
        self.fields["purpose"].choices = [(one.slug, one.name) for one in asked]  # type: ignore[attr-defined]  # choice fields
        self.fields["decision"].choices = said if officer else said[:1]  # type: ignore[attr-defined]
        self.fields["wording"].choices = [("", "–"), *((one.name, one.name) for one in wordings)]  # type: ignore[attr-defined]
        if not officer:
            del self.fields["wording"]

    def clean(self) -> dict[str, Any]:
        """An agreement is proven: by the text of this purpose and by a note."""
        given = super().clean() or {}
        if given.get("decision") == "granted":
            if not given.get("wording", "").startswith(f"{given.get('purpose')}/"):
                self.add_error("wording", gettext("Choose the text of this purpose that was agreed to."))
            if not given.get("note", "").strip():
                self.add_error("note", gettext("Say what proves it: who heard or read it, and when."))
        return given


@everyone
@require_http_methods(["GET", "POST"])
def consent_note(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Note a withdrawal or an objection; an agreement only as the privacy officer."""
    contact = Contact.objects.filter(pk=contact_id).first() if contact_id < 2**63 else None
    if contact is None:
        raise Http404
    officer = may_decide_privacy(request.user)
    if request.POST.get("decision") == "granted" and not officer:
        raise PermissionDenied
    form = NoteForm(request.POST or None, officer=officer, initial={"purpose": request.GET.get("purpose", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        proof = {"method": "staff", "by": request.user.get_username(), "note": given["note"].strip()}
        record_consent(
            contact_id=contact.pk, purpose=given["purpose"], decision=given["decision"], source=given["source"],
            wording=given.get("wording", ""), proof=proof, now=timezone.now(),
        )  # fmt: skip
        messages.success(request, gettext("Noted. It holds from now on, also for what waits to be sent."))
        return redirect("contact", contact.pk)
    held = [{"name": one.name, "granted": one.granted, "since": one.since} for one in consents_of(contact.pk)]
    person = {"id": contact.pk, "name": contact.name, "email": contact.email}
    return render(request, "consent/records/note.html", {"form": form, "person": person, "held": held})
