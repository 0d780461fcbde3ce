"""Signs of life, and the schedules of the beat."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from orchestrator.tick.models import Heartbeat

# name -> (task, seconds): intervals only, since a crontab with a zone is silent for an hour when the clock is set back
SCHEDULES = {
    "beat": ("orchestrator.beat", None),
    "deliver": ("orchestrator.deliver", 5),
    "service mails": ("orchestrator.service_mails", 5),
    "webhooks": ("orchestrator.webhooks", 3),
    "audiences": ("orchestrator.audiences", 15),
    "task texts": ("orchestrator.task_texts", 5),
    "heartbeat": ("orchestrator.heartbeat", 5),
    "import": ("orchestrator.import", 3),
    "roll up KPIs": ("orchestrator.roll_up", 30),
    "keep house": ("orchestrator.keep_house", 3600),
}


@transaction.atomic
def ensure_schedules() -> None:
    """Write the periodic tasks into the database; those that are there with the same interval stay as they are."""
    for name, (task, seconds) in SCHEDULES.items():
        every, _ = IntervalSchedule.objects.get_or_create(
            every=seconds or settings.BEAT_SECONDS, period=IntervalSchedule.SECONDS
        )
        wanted: dict[str, Any] = {"task": task, "interval": every, "expire_seconds": max(every.every, 30)}
        row = PeriodicTask.objects.filter(name=name).first()
        if row is None:
            PeriodicTask.objects.create(name=name, **wanted)
        elif any(getattr(row, key) != value for key, value in wanted.items()):
            for key, value in wanted.items():
                setattr(row, key, value)
            row.save()


def record_heartbeat(*, part: str, now: datetime, seconds: float | None = None) -> None:
    """Write that a part of the product is alive, and how long its last run took."""
    Heartbeat.objects.update_or_create(part=part, defaults={"at": now, "seconds": seconds})
