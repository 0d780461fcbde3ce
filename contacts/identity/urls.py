"""Addresses of the screens of duplicates."""

from django.urls import path

from contacts.identity import views

urlpatterns = [
    path("contacts/duplicates/", views.duplicates, name="duplicates"),
    path("contacts/duplicates/<int:proposal_id>/merge/", views.duplicate_merge, name="duplicate_merge"),
    path("contacts/duplicates/<int:proposal_id>/refuse/", views.duplicate_refuse, name="duplicate_refuse"),
    path("contacts/duplicates/merges/", views.merges, name="merges"),
    path("contacts/duplicates/merges/<int:merge_id>/undo/", views.merge_undo, name="merge_undo"),
    path("contacts/duplicates/blocked/", views.blocked, name="blocked_identifiers"),
    path("contacts/duplicates/blocked/<int:blocked_id>/remove/", views.blocked_remove, name="blocked_remove"),
]
