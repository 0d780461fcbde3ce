"""Addresses of the consent pages."""

from django.urls import path

from consent.records import search_views, staff_views, views

urlpatterns = [
    path("consent/", views.consent, name="consent"),
    path("consent/records/", search_views.consent_records, name="consent_records"),
    path("consent/records/proofs/", search_views.consent_proofs, name="consent_proofs"),
    path("consent/records/chain/", search_views.consent_chain, name="consent_chain"),
    path("consent/records/note/<int:contact_id>/", staff_views.consent_note, name="consent_note"),
]
