"""Every address of the product; each room names its own."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from orchestrator.health import healthz
from orchestrator.navigation import choose_theme

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/theme/", choose_theme, name="choose_theme"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", healthz, name="healthz"),
    path("", include("reporting.dashboards.urls")),
    path("", include("reporting.explain.urls")),
    path("", include("journeys.definitions.urls")),
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
    path("", include("journeys.content.urls")),
    path("", include("consent.records.urls")),
    path("", include("consent.preferences.urls")),
    path("", include("orchestrator.channels.feedback.urls")),
    path("", include("orchestrator.api.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("", include("orchestrator.demo.urls")))
