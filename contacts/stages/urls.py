"""Addresses of stages, and of a move by hand."""

from django.urls import path

from contacts.stages import views

urlpatterns = [
    path("stages/", views.stages, name="stages"),
    path("stages/new/", views.stage_new, name="stage_new"),
    path("stages/<slug:slug>/edit/", views.stage_edit, name="stage_edit"),
    path("stages/<slug:slug>/delete/", views.stage_delete, name="stage_delete"),
    path("stages/<slug:slug>/move/", views.stage_move, name="stage_move"),
    path("contacts/<int:contact_id>/stage/", views.contact_stage, name="contact_stage"),
]
