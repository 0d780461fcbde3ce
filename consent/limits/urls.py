"""Addresses of the contact rules."""

from django.urls import path

from consent.limits import views

urlpatterns = [
    path("consent/rules/", views.contact_rules, name="contact_rules"),
    path("consent/rules/holdouts/new/", views.holdout_new, name="holdout_new"),
    path("consent/rules/holdouts/<int:pk>/end/", views.holdout_end, name="holdout_end"),
    path("consent/rules/<slug:kind>/new/", views.rule_edit, name="rule_new"),
    path("consent/rules/<slug:kind>/new/effect/", views.rule_effect, name="rule_new_effect"),
    path("consent/rules/<slug:kind>/<int:pk>/", views.rule_edit, name="rule_edit"),
    path("consent/rules/<slug:kind>/<int:pk>/effect/", views.rule_effect, name="rule_effect"),
    path("consent/rules/<slug:kind>/<int:pk>/switch/", views.rule_switch, name="rule_switch"),
    path("consent/rules/<slug:kind>/<int:pk>/delete/", views.rule_delete, name="rule_delete"),
]
