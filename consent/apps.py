"""Django app of the rooms about what we may do."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        import consent.limits.movers  # registers what a merge does with groups held out
        import consent.preferences.movers  # registers what a merge does with what people chose themselves
        import consent.privacy.movers  # registers what a merge does with requests
        import consent.privacy.returning  # registers what becomes of addresses of people who were erased
        import consent.purposes.uses  # registers what names a purpose
        import consent.records.columns  # registers what a column about consent means in an import
        import consent.records.leaves  # registers the consent leaf and the guard on behaviour
        import consent.records.movers  # registers what a merge does with consents
        import consent.records.reach  # registers whom e-mail reaches
        import consent.records.rows  # registers the row of the consent leaf in the builder
        import consent.records.status  # noqa: F401  registers the column of what became of the last mail
