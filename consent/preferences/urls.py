"""The addresses of signed links and of sign-up forms; those of the staff begin with /consent/."""

from django.urls import path

from consent.preferences import form_views, signup_views, views

urlpatterns = [
    path("u/<token>/", views.unsubscribe, name="unsubscribe"),
    path("p/<token>/", views.preferences, name="preferences"),
    path("d/<token>/", signup_views.confirm, name="signup_confirm"),
    path("f/<slug:slug>/", signup_views.signup, name="signup"),
    path("consent/forms/", form_views.signup_forms, name="signup_forms"),
    path("consent/forms/new/", form_views.signup_form_new, name="signup_form_new"),
    path("consent/forms/<slug:slug>/", form_views.signup_form, name="signup_form"),
    path("consent/forms/<slug:slug>/edit/", form_views.signup_form_edit, name="signup_form_edit"),
]
