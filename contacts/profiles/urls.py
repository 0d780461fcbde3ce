"""Addresses of the list of contacts."""

from django.urls import path

from contacts.profiles import views

urlpatterns = [
    path("contacts/", views.contacts, name="contacts"),
]
