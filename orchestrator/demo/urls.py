"""Addresses that exist in the demo only."""

from django.urls import path

from orchestrator.demo import views

urlpatterns = [
    path("demo/inbox/", views.show_inbox, name="demo-inbox"),
    path("demo/inbox/<str:name>", views.show_mail, name="demo-mail"),
    path("demo/shop/<path:path>", views.show_shop, name="demo-shop"),
]
