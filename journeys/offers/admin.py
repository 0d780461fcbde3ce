"""Offers in the admin: to look at."""

from django.contrib import admin

from journeys.offers.models import Offer, OfferCode, OfferDecision, OfferGrant
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Offer)
class OfferAdmin(ReadOnly):
    """What people may be offered."""

    list_display = ("slug", "name_en", "name_de", "kind", "state", "valid_from", "valid_until", "budget", "most_grants")
    list_filter = ("kind", "state")
    search_fields = ("slug", "name_en", "name_de")


@admin.register(OfferGrant)
class OfferGrantAdmin(ReadOnly, BigTable):
    """Who was offered what, and what became of it."""

    list_display = ("offer", "contact", "state", "code", "granted_at", "expires_at", "answered_at", "rest_until")
    list_select_related = ("offer", "contact")
    list_filter = ("state", "offer")
    search_fields = ("=code",)


@admin.register(OfferCode)
class OfferCodeAdmin(ReadOnly, BigTable):
    """Codes, and whose they are."""

    list_display = ("offer", "code", "grant_id")
    list_select_related = ("offer",)
    list_filter = ("offer",)
    search_fields = ("=code",)


@admin.register(OfferDecision)
class OfferDecisionAdmin(ReadOnly, BigTable):
    """Why somebody got an offer, or none."""

    list_display = ("offer", "contact", "reason", "at")
    list_select_related = ("offer", "contact")
    list_filter = ("reason", "offer")
