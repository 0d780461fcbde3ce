"""Django app of the rooms about what comes next."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        import journeys.content.uses
        import journeys.definitions.uses
        import journeys.enrollments.leaves
        import journeys.enrollments.movers  # registers what a merge does with runs and touches
        import journeys.enrollments.rows
        import journeys.offers.leaves
        import journeys.offers.movers  # what a merge does with offers
        import journeys.offers.uses  # noqa: F401
