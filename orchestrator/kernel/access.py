"""Who may open which page: marketers and staff every page, sales and the privacy officer their own."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

SALES_GROUP = "Sales"
PRIVACY_GROUP = "Privacy officer"
View = Callable[..., HttpResponse]


class Role(StrEnum):
    """What a person does in the product."""

    MARKETING = "marketing"
    SALES = "sales"
    PRIVACY = "privacy"


def role_of(user: Any) -> Role:
    """Say which role a signed-in user has; staff is marketing too. Asks the database once per user object."""
    if not hasattr(user, "_role"):
        groups = set() if user.is_staff else set(user.groups.values_list("name", flat=True))
        user._role = (
            Role.PRIVACY if PRIVACY_GROUP in groups else Role.SALES if SALES_GROUP in groups else Role.MARKETING
        )
    return user._role


def may_decide_privacy(user: Any) -> bool:
    """Whether a user may change purposes, legal texts and retention, and answer requests of people."""
    return bool(user.is_superuser) or role_of(user) is Role.PRIVACY


def open_to(*roles: Role) -> Callable[[View], View]:
    """Let only signed-in people of these roles open a page; others get 403, strangers the login."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if role_of(request.user) not in roles and not request.user.is_superuser:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


marketing_only = open_to(Role.MARKETING)
everyone = open_to(Role.MARKETING, Role.SALES, Role.PRIVACY)
consent_readers = open_to(Role.MARKETING, Role.PRIVACY)
privacy_only = open_to(Role.PRIVACY)
