"""What the admin pages of all rooms share: tables that are only read, and tables too big to count."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

COUNT_LIMIT = 10_000


class BoundedPaginator(Paginator):
    """Counts to 10,000 and no further: count(*) of a table of events takes minutes, and nobody leafs to page 101."""

    @cached_property
    def count(self) -> int:
        """How many there are, at most the limit."""
        return int(self.object_list.order_by()[:COUNT_LIMIT].count())  # type: ignore[attr-defined]  # always a queryset here


class BigTable(admin.ModelAdmin):
    """A table with as many rows as people or more: bounded count, raw ids, exact search."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50


class ReadOnly(admin.ModelAdmin):
    """A table that operations write: people look at it here and change nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows that belong to the one shown, read only."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False
