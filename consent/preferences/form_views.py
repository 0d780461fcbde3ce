"""The staff's doors of sign-up forms: list, one with its link, make, change."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from consent.preferences import form_queries
from consent.preferences.form_editing import save_form
from consent.preferences.forms import SignupFormForm
from consent.preferences.models import SignupForm
from orchestrator.kernel.access import consent_readers
from orchestrator.kernel.fields import translated

# what a page of somebody's own takes over: it leads to ours, where the texts are read and ticked
CODE = """<form action="%(url)s" method="post">
  <label>%(address)s <input type="email" name="email" required></label>
  <button name="begin" value="1">%(sign_up)s</button>
</form>"""


@require_GET
@consent_readers
def signup_forms(request: HttpRequest) -> HttpResponse:
    """List the forms."""
    return render(request, "consent/preferences/forms.html", {"rows": form_queries.form_rows()})


@require_GET
@consent_readers
def signup_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one form: its link, what it asks about, what is missing."""
    one = _one(slug)
    missing = form_queries.missing_wordings()
    chosen = form_queries.chosen_purposes(one)
    url = f"{settings.PUBLIC_URL}{reverse('signup', args=[one.slug])}"
    context = {
        "one": {
            "slug": one.slug,
            "name": one.name,
            "active": one.active,
            "intro": translated({"en": one.intro_en, "de": one.intro_de}),
        },
        "url": url,
        "code": CODE % {"url": url, "address": _("E-mail address"), "sign_up": _("Sign up")},
        "questions": [{"name": c.purpose.name, "missing": missing.get(c.purpose_id, "")} for c in chosen],
        "languages": [
            {"code": code, "name": name, "works": form_queries.public_form(slug, code) is not None}
            for code, name in settings.LANGUAGES
        ],
    }
    return render(request, "consent/preferences/form.html", context)


@require_http_methods(["GET", "POST"])
@consent_readers
def signup_form_new(request: HttpRequest) -> HttpResponse:
    """Make a form."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@consent_readers
def signup_form_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a form."""
    return _edit(request, _one(slug))


def _edit(request: HttpRequest, one: SignupForm | None) -> HttpResponse:
    name = one.name if one else ""
    form = SignupFormForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        saved = save_form(
            slug=one.slug if one else given["slug"],
            given=given,
            fields=given["fields_asked"],
            purposes=given["purposes"],
            now=timezone.now(),
        )
        messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
        return redirect("signup_form", saved.slug)
    context: dict[str, Any] = {
        "form": form,
        "slug": one.slug if one else "",
        "name": name,
        "questions": [form[field] for field in form.questions],
        "missing": list(form_queries.missing_wordings().values()),
    }
    return render(request, "consent/preferences/form_edit.html", context, status=422 if form.errors else 200)


def _one(slug: str) -> SignupForm:
    found = SignupForm.objects.filter(slug=slug).first()
    if found is None:
        raise Http404
    return found
