"""Addresses of offers, and the public one of "no thanks"."""

from django.urls import path

from journeys.offers import views

urlpatterns = [
    path("offers/", views.offers, name="offers"),
    path("offers/new/", views.offer_new, name="offer_new"),
    path("offers/conflicts/", views.offer_conflicts, name="offer_conflicts"),
    path("offers/<slug:slug>/", views.offer, name="offer"),
    path("offers/<slug:slug>/edit/", views.offer_edit, name="offer_edit"),
    path("offers/<slug:slug>/codes/", views.offer_codes, name="offer_codes"),
    path("offers/<slug:slug>/publish/", views.offer_publish, name="offer_publish"),
    path("offers/<slug:slug>/end/", views.offer_end, name="offer_end"),
    path("no/<token>/", views.offer_decline, name="offer_decline"),
]
