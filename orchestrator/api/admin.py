"""API keys in the admin: who has one and since when; the key itself is shown nowhere."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orchestrator.api.models import ApiKey, Arrival
from orchestrator.api.operations import revoke_key
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Keys of machines; the page of connections makes them."""

    list_display = ("name", "prefix", "source", "public", "created_at", "revoked_at")
    fields = ("name", "prefix", "source", "public", "created_at", "revoked_at")
    search_fields = ("name", "prefix")
    actions = ("revoke",)

    @admin.action(description=_("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Have the keys refused from now on."""
        for key in keys:
            revoke_key(key_id=key.pk, now=timezone.now())

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may change keys may revoke them."""
        return bool(request.user.has_perm("orchestrator.change_apikey"))


@admin.register(Arrival)
class ArrivalAdmin(ReadOnly, BigTable):
    """What machines sent last."""

    list_display = ("at", "source", "door", "name", "library", "accepted", "rejected", "problem")
    search_fields = ("source__exact",)
    ordering = ("-id",)
