"""Addresses of the journeys."""

from django.urls import path

from journeys.definitions import priority_views, views
from journeys.enrollments import collision_views

urlpatterns = [
    path("consent/rules/priorities/", priority_views.journey_priorities, name="journey_priorities"),
    path("consent/rules/priorities/<slug:slug>/", priority_views.journey_weights, name="journey_weights"),
    path("journeys/", views.journeys, name="journeys"),
    path("journeys/<slug:slug>/contacts/", views.journey_contacts, name="journey_contacts"),
    path("journeys/<slug:slug>/collisions/", collision_views.journey_collisions, name="journey_collisions"),
]
