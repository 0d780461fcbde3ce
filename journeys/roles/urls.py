"""The address of the matrix of roles."""

from django.urls import path

from journeys.roles import views

urlpatterns = [path("journeys/channels/", views.channel_roles, name="channel_roles")]
