"""Addresses of the page of one contact."""

from django.urls import path

from reporting.explain import public_views, views

urlpatterns = [
    path("contacts/<int:contact_id>/", views.contact, name="contact"),
    path("contacts/<int:contact_id>/rule/", views.contact_rule, name="contact_rule"),
    path("contacts/<int:contact_id>/decisions/<int:verdict_id>/", views.decision, name="decision"),
    path("contacts/<int:contact_id>/why/", views.contact_why, name="contact_why"),
    path("contacts/<int:contact_id>/why/<slug:slug>/", views.why, name="why"),
    path("w/<token>/", public_views.why_mail, name="why_mail"),
]
