"""Addresses for machines, and the pages about them."""

from collections.abc import Iterator

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView

from orchestrator.api import consents, crm_tasks, decide, devices, enrollments, feedback, journeys, pages, sdk, views

DOORS = {
    "identify": sdk.Identify,
    "track": sdk.Track,
    "page": sdk.Page,
    "screen": sdk.Screen,
    "group": sdk.Group,
    "alias": sdk.Alias,
    "batch": sdk.Batch,
}


def _doors() -> Iterator[URLPattern]:
    """Give each door its name, and the other forms that SDKs know: a slash at the end, the first letter alone."""
    for name, view in DOORS.items():
        yield path(f"v1/{name}", view.as_view(), name=f"sdk-{name}")
        yield re_path(rf"^v1/(?:{name}/|{name[0]}/?)$", view.as_view(schema=None))
    yield re_path(r"^v1/import/?$", sdk.Batch.as_view(schema=None))


urlpatterns = [
    path("api/v1/contacts", views.Contacts.as_view(), name="api-contacts"),
    path("api/v1/events", views.Events.as_view(), name="api-events"),
    path("api/v1/feedback", feedback.Feedback.as_view(), name="api-feedback"),
    path("api/v1/consents", consents.Consents.as_view(), name="api-consents"),
    path("api/v1/journeys/<slug:slug>/enter", enrollments.Enter.as_view(), name="api-journey-enter"),
    path("api/v1/journeys/<slug:slug>/leave", enrollments.Leave.as_view(), name="api-journey-leave"),
    path("api/v1/tasks", crm_tasks.Tasks.as_view(), name="api-tasks"),
    path("api/v1/tasks/<int:task_id>", crm_tasks.OneTask.as_view(), name="api-task"),
    path("api/v1/journeys", journeys.Journeys.as_view(), name="api-journeys"),
    path("api/v1/journeys/<slug:slug>", journeys.OneJourney.as_view(), name="api-journey"),
    path("api/v1/journeys/<slug:slug>/bundle", journeys.Bundle.as_view(), name="api-journey-bundle"),
    path("api/v1/schemas/journey.json", journeys.schema_of_files, name="journey-schema"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *_doors(),
    path("v1/devices", devices.Devices.as_view(), name="api-devices"),
    path("v1/decide/<str:slot>", decide.Decide.as_view(), name="decide"),
    path("v1/decide/<str:token>/<str:reaction>", decide.React.as_view(), name="decide-reaction"),
    path("v1/projects/<str:write_key>/settings", sdk.SdkSettings.as_view(schema=None), name="sdk-settings"),
    path("contacts/connections/", pages.connections, name="connections"),
    path("contacts/connections/keys/<int:key_id>/revoke/", pages.connection_revoke, name="connection_revoke"),
    path("contacts/connections/<slug:source>/", pages.connection, name="connection"),
]
