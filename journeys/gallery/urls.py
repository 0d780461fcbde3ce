"""Addresses of the gallery and of files; they come before those of single journeys."""

from django.urls import path

from journeys.gallery import views

urlpatterns = [
    path("journeys/templates/", views.gallery, name="gallery"),
    path("journeys/templates/<slug:slug>/", views.gallery_template, name="gallery_template"),
    path("journeys/import/", views.journeys_import, name="journeys_import"),
    path("journeys/<slug:slug>/export/", views.journey_export, name="journey_export"),
]
