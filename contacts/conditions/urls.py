"""Addresses of the builder of conditions."""

from django.urls import path

from contacts.conditions import views

urlpatterns = [
    path("conditions/description/", views.condition_description, name="condition_description"),
    path("conditions/check/", views.condition_check, name="condition_check"),
    path("conditions/numbers/", views.condition_numbers, name="condition_numbers"),
]
