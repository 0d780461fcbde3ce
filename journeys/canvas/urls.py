"""Addresses of the canvas."""

from django.urls import path

from journeys.canvas import change_views, condition_views, edit_views, views

urlpatterns = [
    path("journeys/new/", views.journey_new, name="journey_new"),
    path("journeys/<slug:slug>/", views.journey, name="journey"),
    path("journeys/<slug:slug>/prose/", views.journey_prose, name="journey_prose"),
    path("journeys/<slug:slug>/numbers/", views.journey_numbers, name="journey_numbers"),
    path("journeys/<slug:slug>/conditions/", condition_views.journey_conditions, name="journey_conditions"),
    path("journeys/<slug:slug>/edit/", edit_views.edit, name="journey_edit"),
    path("journeys/<slug:slug>/edit/panel/", edit_views.panel, name="journey_panel"),
    path("journeys/<slug:slug>/edit/add/", change_views.add, name="journey_add"),
    path("journeys/<slug:slug>/edit/move/", change_views.move, name="journey_move"),
    path("journeys/<slug:slug>/edit/copy/", change_views.copy, name="journey_copy"),
    path("journeys/<slug:slug>/edit/connect/", change_views.connect, name="journey_connect"),
    path("journeys/<slug:slug>/edit/delete/", change_views.delete, name="journey_delete"),
    path("journeys/<slug:slug>/edit/undo/", change_views.undo, name="journey_undo"),
    path("journeys/<slug:slug>/edit/redo/", change_views.redo, name="journey_redo"),
    path("journeys/<slug:slug>/edit/discard/", change_views.discard, name="journey_discard"),
]
