"""Who may open which page: marketers and staff every page, people of sales their own two."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

SALES_GROUP = "Sales"
View = Callable[..., HttpResponse]


class Role(StrEnum):
    """What a person does in the product."""

    MARKETING = "marketing"
    SALES = "sales"


def role_of(user: Any) -> Role:
    """Say which role a signed-in user has; staff is marketing too. Asks the database once per user object."""
    if not hasattr(user, "_role"):
        in_sales = not user.is_staff and user.groups.filter(name=SALES_GROUP).exists()
        user._role = Role.SALES if in_sales else Role.MARKETING
    return user._role


def open_to(*roles: Role) -> Callable[[View], View]:
    """Let only signed-in people of these roles open a page; others get 403, strangers the login."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if role_of(request.user) not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


marketing_only = open_to(Role.MARKETING)
everyone = open_to(Role.MARKETING, Role.SALES)
