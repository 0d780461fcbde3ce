"""Changes how long what is kept; who changed what stands in the log of the administration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from consent.privacy.models import Retention


@transaction.atomic
def change_periods(*, periods: Mapping[str, tuple[int, bool]], by: Any, now: datetime) -> list[str]:
    """Set days and switch of classes of data. Returns those that changed."""
    kind = ContentType.objects.get_for_model(Retention)
    changed = []
    for rule in Retention.objects.select_for_update().filter(slug__in=periods):
        days, active = periods[rule.slug]
        if (rule.days, rule.active) == (days, active):
            continue
        words = f"{rule.days} ({'on' if rule.active else 'off'}) -> {days} ({'on' if active else 'off'})"
        LogEntry.objects.create(
            user=by, content_type=kind, object_id=str(rule.pk), object_repr=rule.slug, action_flag=CHANGE,
            change_message=words, action_time=now,
        )  # fmt: skip
        rule.days, rule.active, rule.changed_at = days, active, now
        rule.save(update_fields=["days", "active", "changed_at"])
        changed.append(rule.slug)
    return changed
