"""Addresses of the content library, the editor, the media library and the content of a journey."""

from django.urls import path

from journeys.content import coverage_views, editor_views, media_views, review_views, views

urlpatterns = [
    path("content/", views.content, name="content"),
    path("content/new/", views.content_new, name="content_new"),
    path("content/pictures/", media_views.content_pictures, name="content_pictures"),
    path("content/pictures/<int:image_id>/", media_views.content_picture, name="content_picture"),
    path("content/people/", views.content_people, name="content_people"),
    path("content/<slug:slug>/", views.content_block, name="content_block"),
    path("content/<slug:slug>/basics/", views.content_basics, name="content_basics"),
    path("content/<slug:slug>/duplicate/", views.content_duplicate, name="content_duplicate"),
    path("content/<slug:slug>/archive/", views.content_archive, name="content_archive"),
    path("content/<slug:slug>/edit/", editor_views.content_edit, name="content_edit"),
    path("content/<slug:slug>/edit/try/", editor_views.content_try, name="content_try"),
    path("content/<slug:slug>/edit/tried/", editor_views.content_tried, name="content_tried"),
    path("content/<slug:slug>/review/", review_views.content_review, name="content_review"),
    path("content/<slug:slug>/versions/", review_views.content_versions, name="content_versions"),
    path("content/<slug:slug>/versions/<int:number>/", review_views.content_version, name="content_version"),
    path("content/<slug:slug>/versions/<int:number>/restore/", review_views.content_restore, name="content_restore"),
    path("content/<slug:slug>/preview/<int:contact_id>/", views.content_preview, name="content_preview"),
    path("media/<str:name>", media_views.picture, name="picture"),
    path("journeys/<slug:slug>/content/", coverage_views.journey_content, name="journey_content"),
]
