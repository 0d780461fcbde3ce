"""The Celery application; its tasks stand in orchestrator.tick.tasks."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
app = Celery("orchestrator")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Without this the connection and the whole pool close after each task (750 -> 200 tasks a second).
app.conf["CELERY_DB_REUSE_MAX"] = 1000
app.autodiscover_tasks(["orchestrator.tick"])
