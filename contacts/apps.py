"""Django app of the rooms about people and facts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        import contacts.conditions.leaves
        import contacts.devices.movers  # what a merge does with devices
        import contacts.handover.leaves
        import contacts.identity.movers  # what a merge does with the rows of these rooms
        import contacts.scores.leaves
        import contacts.signals.uses  # noqa: F401  registers what their rules name
