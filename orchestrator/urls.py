"""Every address of the product; each room names its own."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from orchestrator.health import healthz, readyz
from orchestrator.metrics import metrics
from orchestrator.navigation import choose_theme

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/theme/", choose_theme, name="choose_theme"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("orchestrator.api.urls")),  # first: its doors are asked most, and patterns are tried in order
    path("", include("reporting.dashboards.urls")),
    path("", include("reporting.explain.urls")),
    path("", include("journeys.roles.urls")),
    path("", include("journeys.gallery.urls")),
    path("", include("journeys.versions.urls")),
    path("", include("journeys.canvas.urls")),
    path("", include("journeys.definitions.urls")),
    path("", include("journeys.enrollments.urls")),
    path("", include("contacts.profiles.urls")),
    path("", include("contacts.attributes.urls")),
    path("", include("contacts.imports.urls")),
    path("", include("contacts.identity.urls")),
    path("", include("contacts.conditions.urls")),
    path("", include("contacts.segments.urls")),
    path("", include("contacts.signals.urls")),
    path("", include("contacts.stages.urls")),
    path("", include("contacts.scores.urls")),
    path("", include("contacts.handover.urls")),
    path("", include("contacts.tasks.urls")),
    path("", include("journeys.content.urls")),
    path("", include("journeys.offers.urls")),
    path("", include("journeys.surveys.urls")),
    path("", include("consent.records.urls")),
    path("", include("consent.purposes.urls")),
    path("", include("consent.limits.urls")),
    path("", include("consent.privacy.urls")),
    path("", include("consent.preferences.urls")),
    path("", include("orchestrator.channels.audiences.urls")),
    path("", include("orchestrator.channels.feedback.urls")),
    path("", include("orchestrator.channels.ops.urls")),
    path("", include("orchestrator.channels.senders.urls")),
    path("", include("orchestrator.channels.letters.urls")),
    path("", include("orchestrator.channels.slots.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("", include("orchestrator.demo.urls")))
