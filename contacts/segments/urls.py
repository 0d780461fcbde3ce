"""Addresses of segments."""

from django.urls import path

from contacts.segments import views

urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new/", views.segment_new, name="segment_new"),
    path("segments/<slug:slug>/", views.segment, name="segment"),
    path("segments/<slug:slug>/edit/", views.segment_edit, name="segment_edit"),
    path("segments/<slug:slug>/delete/", views.segment_delete, name="segment_delete"),
    path("segments/<slug:slug>/people/", views.segment_people, name="segment_people"),
]
