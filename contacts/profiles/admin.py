"""People in the admin: to look at; the API and the contact page change them."""

from django.contrib import admin

from contacts.profiles.models import Contact
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Contact)
class ContactAdmin(ReadOnly, BigTable):
    """People, found by their id or address."""

    list_display = ("name", "email", "language", "country", "account", "stage", "updated_at")
    list_select_related = ("account", "stage")
    list_filter = ("language", "stage")
    search_fields = ("external_id__exact", "email__exact")
