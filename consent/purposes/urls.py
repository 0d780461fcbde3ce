"""Addresses of the pages of this room."""

from django.urls import path

from consent.purposes import views

urlpatterns = [
    path("consent/purposes/", views.purposes, name="purposes"),
    path("consent/purposes/new/", views.purpose_new, name="purpose_new"),
    path("consent/purposes/<int:purpose_id>/", views.purpose, name="purpose"),
    path("consent/purposes/<int:purpose_id>/switch/", views.purpose_switch, name="purpose_switch"),
    path("consent/purposes/<int:purpose_id>/delete/", views.purpose_delete, name="purpose_delete"),
    path("consent/purposes/<int:purpose_id>/wordings/", views.wording_new, name="wording_new"),
]
