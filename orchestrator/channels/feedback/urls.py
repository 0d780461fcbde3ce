"""The addresses that links and pixels of sent messages lead to."""

from django.urls import path

from orchestrator.channels.feedback import views

urlpatterns = [
    path("c/<token>/", views.click, name="click"),
    path("o/<token>.gif", views.open_pixel, name="open_pixel"),
]
