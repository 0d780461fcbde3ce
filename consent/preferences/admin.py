"""What people chose themselves, in the admin: to look at."""

from django.contrib import admin

from consent.preferences.models import Preference, ServiceMail, Signup, SignupChoice, SignupForm
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Preference)
class PreferenceAdmin(ReadOnly, BigTable):
    """How often people want to hear from us."""

    list_display = ("contact", "frequency", "paused_until", "since")
    list_select_related = ("contact",)
    list_filter = ("frequency",)
    search_fields = ("contact__external_id__exact", "contact__email__exact")
    ordering = ("-id",)


@admin.register(SignupForm)
class SignupFormAdmin(ReadOnly):
    """Forms by which people sign up."""

    list_display = ("slug", "name_en", "name_de", "active")


@admin.register(SignupChoice)
class SignupChoiceAdmin(ReadOnly):
    """What the forms ask."""

    list_display = ("form", "purpose", "position")
    list_select_related = ("form", "purpose")


@admin.register(Signup)
class SignupAdmin(ReadOnly, BigTable):
    """Who asked to be signed up."""

    list_display = ("id", "form", "state", "requested_at", "confirmed_at")
    list_select_related = ("form",)
    list_filter = ("state",)
    search_fields = ("email__exact",)
    ordering = ("-id",)


@admin.register(ServiceMail)
class ServiceMailAdmin(ReadOnly, BigTable):
    """Mails that people asked for."""

    list_display = ("id", "kind", "state", "attempts", "created_at", "sent_at")
    list_filter = ("kind", "state")
    search_fields = ("address__exact",)
    ordering = ("-id",)
