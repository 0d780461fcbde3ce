"""Retention, the record of processing, and data that nothing uses."""

import json

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent.privacy import periods
from consent.privacy.expiring import Counts, dry_run
from consent.privacy.exporting import model_of
from consent.privacy.forms import RetentionForm
from consent.privacy.models import Retention
from consent.privacy.periods_changing import change_periods
from consent.privacy.processing import as_csv, purposes_used, record_of_processing
from consent.privacy.unused import stop_collecting, unused
from contacts.attributes.models import Attribute
from contacts.attributes.operations import StillUsed
from orchestrator.kernel.access import consent_readers, may_decide_privacy, privacy_only
from orchestrator.kernel.fields import translated


@consent_readers
@require_http_methods(["GET", "POST"])
def retention(request: HttpRequest) -> HttpResponse:
    """Show how long what is kept; count what would go; a privacy officer changes it."""
    rules = {rule.slug: rule for rule in Retention.objects.all()}
    now, may = timezone.now(), may_decide_privacy(request.user)
    now_holds = {f"days_{slug}": rule.days for slug, rule in rules.items()}
    now_holds |= {f"active_{slug}": rule.active for slug, rule in rules.items()}
    form = RetentionForm(request.POST or None, initial=now_holds)
    counts: Counts | None = None
    if request.method == "POST" and form.is_valid():
        if "count" in request.POST:
            counts = dry_run(now=now, days={slug: days for slug, (days, on) in form.periods().items() if on})
        elif may:
            change_periods(periods=form.periods(), by=request.user, now=now)
            messages.success(request, _("Saved. It holds from the next night on."))
            return redirect("retention")
        else:
            return HttpResponse(status=403)
    context = {"form": form, "rows": _rows(form, rules, counts), "may": may, "counted": counts is not None}
    if counts is not None:
        context["total"] = sum(n for of_class in counts.values() for n in of_class.values())
    return render(request, "consent/privacy/retention.html", context)


def _rows(form: RetentionForm, rules: dict[str, Retention], counts: Counts | None) -> list[dict[str, object]]:
    return [
        {
            "slug": slug,
            "name": translated(dict(kind.name)),
            "most": kind.most,
            "days": form[f"days_{slug}"],
            "active": form[f"active_{slug}"],
            "shown_days": rules[slug].days if slug in rules else kind.days,
            "shown_active": rules[slug].active if slug in rules else False,
            "changed_at": rules[slug].changed_at if slug in rules else None,
            "counts": [
                (str(model_of(table)._meta.verbose_name_plural), n)
                for table, n in sorted((counts or {}).get(slug, {}).items())
            ],
            "sum": sum((counts or {}).get(slug, {}).values()),
        }
        for slug, kind in periods.CLASSES.items()
    ]


@consent_readers
@require_GET
def processing(request: HttpRequest) -> HttpResponse:
    """Show the record of processing, ready to print."""
    activities = record_of_processing(get_language() or "en")
    context = {
        "activities": [one for one in activities if one["personal"]],
        "others": [one for one in activities if not one["personal"]],
        "purposes": purposes_used(),
        "today": timezone.localdate(),
    }
    return render(request, "consent/privacy/processing.html", context)


@consent_readers
@require_GET
def processing_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Give the record of processing as CSV or JSON."""
    activities = record_of_processing(get_language() or "en")
    if kind == "csv":
        response = HttpResponse("\ufeff" + as_csv(activities), content_type="text/csv; charset=utf-8")
    elif kind == "json":
        content = {"made_at": timezone.now().isoformat(), "activities": activities, "purposes": purposes_used()}
        response = HttpResponse(json.dumps(content, ensure_ascii=False, indent=1), content_type="application/json")
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="processing.{kind}"'
    return response


@consent_readers
@require_GET
def unused_data(request: HttpRequest) -> HttpResponse:
    """Show what is collected for nothing."""
    return render(request, "consent/privacy/unused.html", {"report": unused(), "may": may_decide_privacy(request.user)})


@privacy_only
@require_POST
def unused_stop(request: HttpRequest, attribute_id: int) -> HttpResponse:
    """Delete an attribute that nothing uses, and ignore its key."""
    try:
        ended = stop_collecting(attribute_id=attribute_id, now=timezone.now())
    except Attribute.DoesNotExist:
        raise Http404 from None
    except StillUsed:
        messages.error(request, _("Something uses it by now: nothing was changed."))
    else:
        text = _("It is not collected any more, and its values are gone.") if ended else _("Its values are being removed, some thousands at a time. Then its key can be ignored.")  # fmt: skip
        messages.success(request, text)
    return redirect("unused_data")
