"""Addresses of operations."""

from django.urls import path, re_path

from orchestrator.channels.ops import views

urlpatterns = [
    path("operations/", views.operations_screen, name="operations"),
    path("operations/stop/", views.sending_stop, name="sending_stop"),
    path("operations/resume/", views.sending_resume, name="sending_resume"),
    path("operations/limits/", views.limit_set, name="rate_limit_set"),
    path("operations/limits/<int:pk>/delete/", views.limit_drop, name="rate_limit_drop"),
    re_path(
        r"^operations/doubts/(?P<pk>[0-9]{1,18})/(?P<how>arrived|again)/$", views.doubt_settle, name="doubt_settle"
    ),
    path("operations/letters/", views.dead_letters, name="dead_letters"),
    path("operations/letters/again/", views.replay, name="replay"),
    path("operations/letters/<slug:what>/<int:pk>/", views.dead_letter, name="dead_letter"),
]
