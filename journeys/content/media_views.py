"""The media library: pictures taken in, described, thrown away, and served to anybody under their checksum."""

import re

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journeys.content import media, page, pictures
from journeys.content.forms import PictureForm
from journeys.content.models import Block, Image
from journeys.content.texts import file_name
from orchestrator.kernel.access import marketing_only

PAGE_SIZE = 48
NAME = re.compile(r"([0-9a-f]{64})\.(png|jpg|gif)")


@require_http_methods(["GET", "POST"])
@marketing_only
def content_pictures(request: HttpRequest) -> HttpResponse:
    """List the pictures, or take one in."""
    form = PictureForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _take_in(request, form):
        target = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
        return redirect(target if safe else "content_pictures")
    words = request.GET.get("q", "").replace("\0", "").strip()
    paged = Paginator(media.library(words), PAGE_SIZE).get_page(request.GET.get("page"))
    used = media.used_in([image.checksum for image in paged])
    context = {
        "form": form,
        "words": words,
        "page": paged,
        "images": [_row(image, used[image.checksum]) for image in paged],
        "most": f"{pictures.MOST_BYTES // 1024 // 1024} MB",
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "journeys/content/pictures.html", context, status=status)


def _take_in(request: HttpRequest, form: PictureForm) -> bool:
    given = form.cleaned_data
    file = given["file"]
    try:
        if file.size > pictures.MOST_BYTES:
            raise pictures.Refused("large")
        found = media.take_in(
            upload=file.read(), file_name=file.name or "", alt_en=given["alt_en"], alt_de=given["alt_de"],
            by=request.user, now=timezone.now(),  # type: ignore[arg-type]
        )  # fmt: skip
    except pictures.Refused as refused:
        form.add_error("file", refusal(refused.reason))
        return False
    said = {"name": found.image.name}
    if found.made:
        messages.success(request, _("“%(name)s” is in the library.") % said)
    else:
        messages.info(request, _("This picture is in the library already, as “%(name)s”.") % said)
    return True


def refusal(reason: str) -> str:
    """Say why a file is not taken in."""
    most = {"mb": pictures.MOST_BYTES // 1024 // 1024, "side": pictures.MOST_SIDE, "frames": pictures.MOST_FRAMES}
    return {
        "empty": _("The file is empty."),
        "large": _("The file is larger than %(mb)s MB.") % most,
        "kind": _("This is no PNG, JPEG, WebP or GIF."),
        "pixels": _("The picture has too many pixels: at most %(side)s on a side and 25 million in all.") % most,
        "frames": _("The picture moves for too long: at most %(frames)s frames.") % most,
        "broken": _("The file is damaged."),
    }[reason]


@require_POST
@marketing_only
def content_picture(request: HttpRequest, image_id: int) -> HttpResponse:
    """Say what a picture shows, or throw it away."""
    image = get_object_or_404(Image.objects.defer("content"), pk=image_id)
    if request.POST.get("do") == "delete":
        try:
            media.throw_away(image_id=image.pk)
        except media.StillUsed as used:
            said = {"name": image.name, "names": ", ".join(f"“{block.name}”" for block in used.blocks)}
            messages.error(request, _("“%(name)s” cannot be deleted: it stands in %(names)s.") % said)
        else:
            messages.success(request, _("“%(name)s” is deleted.") % {"name": image.name})
        return redirect("content_pictures")
    given = {field: request.POST.get(field, "").replace("\0", "").strip() for field in ("name", "alt_en", "alt_de")}
    media.describe(image_id=image.pk, **given)
    messages.success(request, _("Saved."))
    return redirect("content_pictures")


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture to anybody: mails show it. It never changes under its name, and sets no cookie."""
    found = NAME.fullmatch(name)
    image = Image.objects.filter(checksum=found[1]).first() if found else None
    if image is None or file_name(image) != name:
        return HttpResponseNotFound(content_type="text/plain")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{image.checksum}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{name[:12]}.{found[2]}"' if found else "",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(bytes(image.content), content_type=image.mime, headers=headers)


def _row(image: Image, blocks: list[Block]) -> dict[str, object]:
    return {
        "id": image.pk,
        "name": image.name,
        "file": file_name(image),
        "width": image.width,
        "height": image.height,
        "size": filesizeformat(image.size),
        "alt_en": image.alt_en,
        "alt_de": image.alt_de,
        "by": page.person_name(image.by),
        "at": image.at,
        "address": f"{settings.PUBLIC_URL}/media/{file_name(image)}",
        "blocks": [{"slug": block.slug, "name": block.name} for block in blocks],
    }
