"""Addresses of the content library."""

from django.urls import path

from journeys.content import views

urlpatterns = [
    path("content/", views.content, name="content"),
    path("content/<slug:slug>/", views.content_block, name="content_block"),
    path("content/<slug:slug>/preview/<int:contact_id>/", views.content_preview, name="content_preview"),
]
