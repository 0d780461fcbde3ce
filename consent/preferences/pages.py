"""Public pages: rendered without the request, so no session is opened and no cookie is set."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import add_never_cache_headers


def public_page(template: str, values: Mapping[str, Any], *, language: str, status: int = 200) -> HttpResponse:
    """Render a page for somebody without a login, in their language; it is neither kept, indexed nor referred from."""
    with translation.override(language):
        response = HttpResponse(render_to_string(template, {**values, "language": language}), status=status)
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
