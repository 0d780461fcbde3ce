"""Addresses of the pages of senders."""

from django.urls import path

from orchestrator.channels.senders import views

urlpatterns = [
    path("senders/", views.senders, name="senders"),
    path("senders/new/", views.sender_new, name="sender_new"),
    path("senders/<int:pk>/", views.sender, name="sender"),
    path("senders/<int:pk>/check/", views.sender_check, name="sender_check"),
    path("senders/<int:pk>/edit/", views.sender_edit, name="sender_edit"),
    path("senders/<int:pk>/delete/", views.sender_delete, name="sender_delete"),
]
