"""Addresses of the handover screens."""

from django.urls import path

from contacts.handover import views

urlpatterns = [
    path("handover/", views.handover_queue, name="handover_queue"),
    path("handover/<int:handover_id>/", views.handover_detail, name="handover_detail"),
    path("handover/<int:handover_id>/<str:action>/", views.handover_act, name="handover_act"),
]
