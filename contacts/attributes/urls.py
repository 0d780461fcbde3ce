"""Addresses of the screens of attributes."""

from django.urls import path

from contacts.attributes import views

urlpatterns = [
    path("contacts/attributes/", views.attributes, name="attributes"),
    path("contacts/attributes/new/", views.attribute_new, name="attribute_new"),
    path("contacts/attributes/ignore/", views.attribute_ignore, name="attribute_ignore"),
    path("contacts/attributes/<int:attribute_id>/", views.attribute, name="attribute"),
    path("contacts/attributes/<int:attribute_id>/delete/", views.attribute_delete, name="attribute_delete"),
]
