"""The addresses that surveys in messages lead to."""

from django.urls import path

from journeys.surveys import views

urlpatterns = [path("s/<token>/", views.answer, name="survey")]
