"""Addresses of the journeys."""

from django.urls import path

from journeys.definitions import views

urlpatterns = [
    path("journeys/", views.journeys, name="journeys"),
    path("journeys/<slug:slug>/", views.journey, name="journey"),
    path("journeys/<slug:slug>/contacts/", views.journey_contacts, name="journey_contacts"),
]
