"""Addresses of the page of the day, of the search, and of results."""

from django.urls import path

from reporting.dashboards import views

urlpatterns = [
    path("", views.today, name="today"),
    path("journeys/<slug:slug>/results/", views.journey_results, name="journey_results"),
    path("find/", views.find, name="find"),
]
