"""Addresses of the screens of scores."""

from django.urls import path

from contacts.scores import views

urlpatterns = [
    path("scores/", views.scores, name="scores"),
    path("scores/new/", views.score_new, name="score_new"),
    path("scores/grades/", views.score_grades, name="score_grades"),
    path("scores/grades/<str:grade>/", views.score_people, name="score_people"),
    path("scores/<slug:slug>/", views.score_edit, name="score_edit"),
    path("scores/<slug:slug>/delete/", views.score_delete, name="score_delete"),
]
