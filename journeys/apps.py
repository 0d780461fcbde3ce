"""Django app of the rooms about what comes next."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        import journeys.content.uses  # noqa: F401  registers what texts name
        import journeys.definitions.uses  # noqa: F401  registers what journeys name
        import journeys.enrollments.movers  # registers what a merge does with runs and touches
        import journeys.enrollments.leaves  # noqa: F401  registers the journey and touch leaves
        import journeys.enrollments.rows  # noqa: F401  registers their rows in the builder
