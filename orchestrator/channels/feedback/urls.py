"""The addresses that links and pixels of sent messages lead to."""

from django.urls import path

from orchestrator.channels.feedback import hook_views, sms_views, views

urlpatterns = [
    path("c/<token>/", views.click, name="click"),
    path("o/<token>.gif", views.open_pixel, name="open_pixel"),
    path("feedback/sms/", sms_views.sms, name="sms_feedback"),
    path("feedback/<slug:name>/", hook_views.hook, name="feedback_hook"),
]
