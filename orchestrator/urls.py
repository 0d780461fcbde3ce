"""Every address of the product; each room names its own."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from orchestrator.navigation import choose_theme

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/theme/", choose_theme, name="choose_theme"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("reporting.dashboards.urls")),
    path("", include("reporting.explain.urls")),
    path("", include("journeys.definitions.urls")),
    path("", include("contacts.profiles.urls")),
    path("", include("contacts.handover.urls")),
]
