"""Addresses of the journeys."""

from django.urls import path

from journeys.definitions import views

urlpatterns = [
    path("journeys/", views.journeys, name="journeys"),
    path("journeys/<slug:slug>/", views.journey, name="journey"),
    path("journeys/<slug:slug>/contacts/", views.journey_contacts, name="journey_contacts"),
    path("journeys/<slug:slug>/pause/", views.journey_pause, name="journey_pause"),
    path("journeys/<slug:slug>/resume/", views.journey_resume, name="journey_resume"),
]
