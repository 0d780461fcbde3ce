"""Addresses of the journeys."""

from django.urls import path

from journeys.definitions import condition_views, views

urlpatterns = [
    path("journeys/", views.journeys, name="journeys"),
    path("journeys/<slug:slug>/", views.journey, name="journey"),
    path("journeys/<slug:slug>/contacts/", views.journey_contacts, name="journey_contacts"),
    path("journeys/<slug:slug>/conditions/", condition_views.journey_conditions, name="journey_conditions"),
    path("journeys/<slug:slug>/conditions/edit/", condition_views.journey_condition, name="journey_condition"),
    path("journeys/<slug:slug>/publish/", condition_views.journey_publish, name="journey_publish"),
    path("journeys/<slug:slug>/discard/", condition_views.journey_discard, name="journey_discard"),
    path("journeys/<slug:slug>/pause/", views.journey_pause, name="journey_pause"),
    path("journeys/<slug:slug>/resume/", views.journey_resume, name="journey_resume"),
]
