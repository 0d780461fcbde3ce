"""Django app of the rooms about what we may do."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        import consent.records.columns  # registers what a column about consent means in an import
        import consent.records.leaves  # registers the consent leaf and the guard on behaviour
        import consent.records.movers  # registers what a merge does with consents
        import consent.records.reach  # registers whom e-mail reaches
        import consent.records.rows  # noqa: F401  registers the row of the consent leaf in the builder
