"""Addresses for putting people into journeys and taking them out."""

from django.urls import path

from journeys.enrollments import views

urlpatterns = [
    path("journeys/<slug:slug>/people/", views.journey_people, name="journey_people"),
    path("journeys/<slug:slug>/people/in/", views.journey_put_in, name="journey_put_in"),
    path("journeys/<slug:slug>/people/out/", views.journey_take_out, name="journey_take_out"),
]
