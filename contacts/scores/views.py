"""The screens of scores: how they spread, the editor with its preview, the grades and who has which."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.profiles import listing
from contacts.scores import operations, page, queries
from contacts.scores.forms import RULES, GradesForm, ScoreForm, initial_of, known_events
from contacts.scores.models import Score
from contacts.scores.rules import DEFAULT_BANDS
from orchestrator.kernel.access import marketing_only

MOST_PAGES = 1_000


@require_GET
@marketing_only
def scores(request: HttpRequest) -> HttpResponse:
    """List the scores with their spread, and the grid of grades."""
    return render(request, "contacts/scores/list.html", page.score_list())


@require_http_methods(["GET", "POST"])
@marketing_only
def score_new(request: HttpRequest) -> HttpResponse:
    """Write a new score."""
    return _edit(request, Score(decay=Score.Decay.HALF_LIFE, axis=Score.Axis.ENGAGEMENT))


@require_http_methods(["GET", "POST"])
@marketing_only
def score_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a score, or try the change on people before it is kept."""
    return _edit(request, get_object_or_404(Score, slug=slug))


def _edit(request: HttpRequest, score: Score) -> HttpResponse:
    saved = list(score.rules.order_by("position", "id")) if score.pk else []
    if request.method != "POST":
        given = [initial_of(rule) for rule in saved] or [{}]
        form, rows = ScoreForm(instance=score), RULES(initial=given, prefix="rules")
        return _render(request, score, form, rows)
    form = ScoreForm(request.POST, instance=score)
    if "add" in request.POST:
        posted = request.POST.copy()
        total = posted.get("rules-TOTAL_FORMS", "0")
        posted["rules-TOTAL_FORMS"] = str(int(total) + 1 if total.isdecimal() and len(total) < 4 else 1)
        return _render(request, score, form, RULES(posted, prefix="rules"))
    rows = RULES(request.POST, prefix="rules")
    fine = all([form.is_valid(), rows.is_valid()])
    if "preview" in request.POST:
        return _preview(request, score, form, rows, fine=fine)
    if fine and _save(request, form, [rule.pk for rule in saved], rows):
        return redirect("scores")
    return _render(request, score, form, rows)


def _save(request: HttpRequest, form: ScoreForm, saved: list[int], rows: Any) -> bool:
    score: Score = form.save(commit=False)
    try:
        operations.save_score(score=score, rules=rows.kept(saved), now=timezone.now())
    except operations.StillUsed as used:
        form.add_error("active", _still_used(used))
        return False
    except operations.Circle as circle:
        form.add_error(None, _("The rules lead back to this score: %(way)s") % {"way": page.say_way(circle.way)})
        return False
    messages.success(request, _("Saved. People are counted anew with the next look, within a minute."))
    return True


def _preview(request: HttpRequest, score: Score, form: ScoreForm, rows: Any, *, fine: bool) -> HttpResponse:
    """What the draft gives people; nothing is written."""
    words = request.POST.get("person", "").replace("\0", "").strip()
    context: dict[str, Any] = {"asked": True, "words": words, "wrong": not fine}
    if fine:
        draft: Score = form.save(commit=False)
        saved = [rule.pk for rule in score.rules.all()] if score.pk else []
        person = listing.contacts(words=words).first() if words else None
        context |= page.draft_page(draft, rows.kept(saved), person=person, now=timezone.now())
        context["not_found"] = bool(words) and person is None
    if request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it
        context |= {"form": form, "rows": rows}
        return render(request, "contacts/scores/_preview.html", context)
    return _render(request, score, form, rows, **context)


def _render(request: HttpRequest, score: Score, form: ScoreForm, rows: Any, **more: Any) -> HttpResponse:
    context = {
        "score": Score.objects.filter(pk=score.pk).first() if score.pk else None,
        "form": form,
        "rows": rows,
        "events": known_events(),
        "users": page.say_users(queries.users_of(score.slug)) if score.pk else [],
        **more,
    }
    status = 400 if request.method == "POST" and not more and "add" not in request.POST else 200
    return render(request, "contacts/scores/edit.html", context, status=status)


@require_POST
@marketing_only
def score_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a score away, unless something names it."""
    try:
        operations.delete_score(slug=slug, now=timezone.now())
    except Score.DoesNotExist:
        raise Http404 from None
    except operations.StillUsed as used:
        messages.error(request, _still_used(used))
        return redirect("score_edit", slug)
    messages.success(request, _("The score was deleted."))
    return redirect("scores")


def _still_used(used: operations.StillUsed) -> str:
    return _("Still used by: %(users)s. Take it out there first.") % {"users": ", ".join(page.say_users(used.users))}


@require_http_methods(["GET", "POST"])
@marketing_only
def score_grades(request: HttpRequest) -> HttpResponse:
    """Change from which value on which grade holds."""
    found = queries.bands()
    given = {axis: found[axis] or list(DEFAULT_BANDS[axis]) for axis in found}
    form = GradesForm(request.POST if request.method == "POST" else None, bands=given)
    if request.method == "POST" and form.is_valid():
        operations.set_grades(bands=form.cleaned_data["bands"], now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("scores")
    names = dict(Score.Axis.choices)
    axes = [{"name": names[axis], "rows": form.rows(axis)} for axis in given]
    context = {"form": form, "axes": axes, "saved": all(found.values())}
    return render(request, "contacts/scores/grades.html", context, status=400 if form.errors else 200)


@require_GET
@marketing_only
def score_people(request: HttpRequest, grade: str) -> HttpResponse:
    """List the people of a cell of the grid."""
    number = request.GET.get("page", "0")
    context = page.cell_people(grade, min(int(number), MOST_PAGES) if number.isdecimal() and len(number) < 9 else 0)
    if context is None:
        raise Http404
    return render(request, "contacts/scores/people.html", context)
