"""Addresses for machines."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from orchestrator.api import views

urlpatterns = [
    path("api/v1/contacts", views.Contacts.as_view(), name="api-contacts"),
    path("api/v1/events", views.Events.as_view(), name="api-events"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
