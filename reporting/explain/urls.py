"""Addresses of the page of one contact."""

from django.urls import path

from reporting.explain import views

urlpatterns = [
    path("contacts/<int:contact_id>/", views.contact, name="contact"),
    path("contacts/<int:contact_id>/rule/", views.contact_rule, name="contact_rule"),
]
