"""Addresses that exist in the demo only."""

from django.urls import path

from orchestrator.demo import views

urlpatterns = [
    path("demo/inbox/", views.show_inbox, name="demo-inbox"),
    path("demo/sms/", views.take_text, name="demo-sms"),
    path("demo/inbox/<str:name>", views.show_mail, name="demo-mail"),
    path("demo/shop/", views.show_shop, name="demo-shop-home"),
    path("demo/shop/<path:path>", views.show_shop, name="demo-shop"),
]
