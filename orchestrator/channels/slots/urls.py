"""Addresses of the pages of slots."""

from django.urls import path

from orchestrator.channels.slots import views

urlpatterns = [
    path("channels/slots/", views.slots, name="slots"),
    path("channels/slots/new/", views.slot_new, name="slot_new"),
    path("channels/slots/<slug:slug>/", views.slot, name="slot"),
    path("channels/slots/<slug:slug>/edit/", views.slot_edit, name="slot_edit"),
    path("channels/slots/<slug:slug>/delete/", views.slot_delete, name="slot_delete"),
]
