"""Addresses of audiences."""

from django.urls import path

from orchestrator.channels.audiences import views

urlpatterns = [
    path("audiences/", views.audiences, name="audiences"),
    path("audiences/new/", views.audience_new, name="audience_new"),
    path("audiences/<slug:slug>/", views.audience, name="audience"),
    path("audiences/<slug:slug>/edit/", views.audience_edit, name="audience_edit"),
    path("audiences/<slug:slug>/run/", views.audience_run, name="audience_run"),
    path("audiences/<slug:slug>/state/", views.audience_state, name="audience_state"),
    path("audiences/<slug:slug>/delete/", views.audience_delete, name="audience_delete"),
    path("audiences/<slug:slug>/file/", views.audience_file, name="audience_file"),
]
