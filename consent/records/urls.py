"""Addresses of the consent pages."""

from django.urls import path

from consent.records import views

urlpatterns = [path("consent/", views.consent, name="consent")]
