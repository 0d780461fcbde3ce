"""Companies in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.accounts.models import Account
from contacts.accounts.operations import close_accounts, reopen_accounts
from orchestrator.kernel.admin import BigTable


@admin.register(Account)
class AccountAdmin(BigTable):
    """Companies, found by their id or domain."""

    list_display = ("name", "domain", "industry", "country", "created_at", "closed_at")
    search_fields = ("external_id__exact", "domain__exact", "name__istartswith")
    readonly_fields = ("created_at", "closed_at")
    actions = ("close", "reopen")

    def has_add_permission(self, request: object) -> bool:
        """The API adds companies."""
        return False

    @admin.action(description=gettext_lazy("Close companies: their people leave every journey"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Close the chosen companies."""
        n = close_accounts(account_ids=list(queryset.values_list("pk", flat=True)), now=timezone.now())
        said = ngettext("%(n)s company is closed.", "%(n)s companies are closed.", n) % {"n": n}
        messages.success(request, said if n else _("These companies were closed already."))

    @admin.action(description=gettext_lazy("Open companies again"), permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Open the chosen companies again."""
        n = reopen_accounts(account_ids=list(queryset.values_list("pk", flat=True)), now=timezone.now())
        said = ngettext("%(n)s company is open again.", "%(n)s companies are open again.", n) % {"n": n}
        messages.success(request, said if n else _("These companies were open already."))
