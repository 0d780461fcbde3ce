"""Addresses of the pages of this room: for the team, and for people with a link."""

from django.urls import path

from consent.privacy import my_views, report_views, views

urlpatterns = [
    path("consent/requests/", views.privacy_requests, name="privacy_requests"),
    path("consent/requests/new/", views.privacy_request_new, name="privacy_request_new"),
    path("consent/requests/<int:request_id>/", views.privacy_request, name="privacy_request"),
    path("consent/requests/<int:request_id>/do/", views.privacy_request_do, name="privacy_request_do"),
    path("consent/exports/<int:export_id>/", views.privacy_export, name="privacy_export"),
    path("consent/retention/", report_views.retention, name="retention"),
    path("consent/processing/", report_views.processing, name="processing"),
    path("consent/processing/<slug:kind>/", report_views.processing_file, name="processing_file"),
    path("consent/unused/", report_views.unused_data, name="unused_data"),
    path("consent/unused/<int:attribute_id>/stop/", report_views.unused_stop, name="unused_stop"),
    path("x/<token>/", my_views.my_data, name="my_data"),
    path("y/<token>/", my_views.my_request, name="my_request"),
    path("y/data/<token>/", my_views.my_export, name="my_export"),
]
