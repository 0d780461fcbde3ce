"""Attributes in the admin: to look at; the screen of attributes changes them and their values together."""

from django.contrib import admin

from contacts.attributes.models import ApartValue, Attribute
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Attribute)
class AttributeAdmin(ReadOnly):
    """Definitions, the ignored keys too."""

    list_display = ("key", "name", "kind", "state", "source", "sensitive", "keep_days")
    list_filter = ("state", "kind", "sensitive")
    search_fields = ("key", "name_en", "name_de")


@admin.register(ApartValue)
class ApartValueAdmin(ReadOnly, BigTable):
    """Values that wait for a decision."""

    list_display = ("contact", "key", "source", "at")
    list_select_related = ("contact",)
    search_fields = ("key__exact",)
