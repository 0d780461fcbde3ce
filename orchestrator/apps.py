"""Django app of the project package: the arbiter, the channels, the API."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrchestratorConfig(AppConfig):
    name = "orchestrator"
    verbose_name = _("Orchestrator")

    def ready(self) -> None:
        from django.conf import settings

        import orchestrator.arbiter.movers
        import orchestrator.channels.audiences.movers  # registers what a merge does with verdicts and members
        import orchestrator.channels.audiences.uses  # registers what audiences name
        import orchestrator.channels.letters.movers  # the same for letters
        import orchestrator.channels.slots.movers
        import orchestrator.channels.slots.naming  # noqa: F401  tells steps which slots there are
        from orchestrator.kernel import doorbell

        if not settings.CELERY_BROKER_URL.startswith(
            "memory://"
        ):  # without a broker the beat, or a test, takes the news
            from orchestrator.tick.doorbell import wake

            doorbell.listen(wake)
