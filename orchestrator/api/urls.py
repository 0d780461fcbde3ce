"""Addresses for machines, and the pages about them."""

from collections.abc import Iterator

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView

from orchestrator.api import pages, sdk, views

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
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *_doors(),
    path("v1/projects/<str:write_key>/settings", sdk.SdkSettings.as_view(schema=None), name="sdk-settings"),
    path("contacts/connections/", pages.connections, name="connections"),
    path("contacts/connections/keys/<int:key_id>/revoke/", pages.connection_revoke, name="connection_revoke"),
    path("contacts/connections/<slug:source>/", pages.connection, name="connection"),
]
