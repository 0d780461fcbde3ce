"""Companies in the admin."""

from django.contrib import admin

from contacts.accounts.models import Account
from orchestrator.kernel.admin import BigTable


@admin.register(Account)
class AccountAdmin(BigTable):
    """Companies, found by their id or domain."""

    list_display = ("name", "domain", "industry", "country", "created_at")
    search_fields = ("external_id__exact", "domain__exact", "name__istartswith")
    readonly_fields = ("created_at",)

    def has_add_permission(self, request: object) -> bool:
        """The API adds companies."""
        return False
