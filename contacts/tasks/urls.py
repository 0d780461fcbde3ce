"""Addresses of the screens of tasks."""

from django.urls import path

from contacts.tasks import views

urlpatterns = [
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<int:task_id>/", views.task, name="task"),
    path("tasks/<int:task_id>/take/", views.task_take, name="task_take"),
    path("tasks/<int:task_id>/<str:state>/", views.task_close, name="task_close"),
]
