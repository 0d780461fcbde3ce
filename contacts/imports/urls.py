"""Addresses of the import pages."""

from django.urls import path

from contacts.imports import views

urlpatterns = [
    path("contacts/import/", views.imports, name="imports"),
    path("contacts/import/<int:job_id>/", views.import_detail, name="import_detail"),
    path("contacts/import/<int:job_id>/preview/", views.import_preview, name="import_preview"),
    path("contacts/import/<int:job_id>/stop/", views.import_stop, name="import_stop"),
    path("contacts/import/<int:job_id>/undo/", views.import_undo, name="import_undo"),
    path("contacts/import/<int:job_id>/rejects.csv", views.import_rejects, name="import_rejects"),
]
