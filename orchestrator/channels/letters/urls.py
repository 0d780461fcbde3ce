"""Addresses of the letters' screen."""

from django.urls import path

from orchestrator.channels.letters import views

urlpatterns = [
    path("letters/", views.letters, name="letters"),
    path("letters/<int:batch_id>/close/", views.close, name="letters_close"),
    path("letters/<int:batch_id>/<str:what>/", views.download, name="letters_download"),
]
