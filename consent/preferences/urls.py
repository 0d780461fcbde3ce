"""The address of unsubscribe links."""

from django.urls import path

from consent.preferences import views

urlpatterns = [path("u/<token>/", views.unsubscribe, name="unsubscribe")]
