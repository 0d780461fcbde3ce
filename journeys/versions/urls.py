"""Addresses of the life of a journey."""

from django.urls import path

from journeys.versions import list_views, state_views, views

urlpatterns = [
    path("journeys/all/change/", list_views.journeys_change, name="journeys_change"),
    path("journeys/all/views/", list_views.journeys_views, name="journeys_views"),
    path("journeys/<slug:slug>/publish/", views.journey_publish, name="journey_publish"),
    path("journeys/<slug:slug>/publish/approve/", views.journey_approve, name="journey_approve"),
    path("journeys/<slug:slug>/publish/back/", views.journey_send_back, name="journey_send_back"),
    path("journeys/<slug:slug>/versions/", views.journey_versions, name="journey_versions"),
    path("journeys/<slug:slug>/versions/back/", views.journey_roll_back, name="journey_roll_back"),
    path("journeys/<slug:slug>/compare/", views.journey_compare, name="journey_compare"),
    path("journeys/<slug:slug>/pause/", state_views.journey_pause, name="journey_pause"),
    path("journeys/<slug:slug>/resume/", state_views.journey_resume, name="journey_resume"),
    path("journeys/<slug:slug>/archive/", state_views.journey_archive, name="journey_archive"),
    path("journeys/<slug:slug>/unarchive/", state_views.journey_unarchive, name="journey_unarchive"),
    path("journeys/<slug:slug>/duplicate/", list_views.journey_duplicate, name="journey_duplicate"),
    path("journeys/<slug:slug>/priority/", list_views.journey_priority, name="journey_priority"),
]
