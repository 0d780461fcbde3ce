"""Addresses of signals, and of the table who listens to what."""

from django.urls import path

from contacts.signals import views

urlpatterns = [
    path("signals/", views.signals, name="signals"),
    path("signals/new/", views.signal_new, name="signal_new"),
    path("signals/listeners/", views.listeners, name="listeners"),
    path("signals/<slug:slug>/", views.signal, name="signal"),
    path("signals/<slug:slug>/edit/", views.signal_edit, name="signal_edit"),
    path("signals/<slug:slug>/delete/", views.signal_delete, name="signal_delete"),
]
