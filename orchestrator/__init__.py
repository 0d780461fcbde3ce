"""The project package, and whatever must see several apps: tick, arbiter, channels, API, demo, replay.

Step    3 to 5, and the door of step 1
Reads   everything
Writes  orchestrator_*
"""

from orchestrator.celery import app as celery_app

__all__ = ["celery_app"]
