"""Pictures: only what is one comes in, written anew; served safely to anybody; not deleted while a text shows it."""

import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Pillow
from PIL import ImageFile

from journeys.content import pictures
from journeys.content.editing import NotReady, approve, ask_review, open_revision, save_texts
from journeys.content.media import StillUsed, describe, take_in, throw_away
from journeys.content.operations import create_block
from journeys.content.texts import file_name
from journeys.models import Image

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def drawn(form="PNG", size=(60, 40), mode="RGB", **more):
    out = io.BytesIO()
    Pillow.new(mode, size, "#336699" if mode == "RGB" else None).save(out, form, **more)
    return out.getvalue()


def bomb(side):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((side // 8 + 1) * side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (b"", "empty"),
        (b"x" * (pictures.MOST_BYTES + 1), "large"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "kind"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"%PDF-1.7", "kind"),
        (drawn("BMP"), "kind"),
        (drawn("TIFF"), "kind"),
        (drawn()[:50], "broken"),
        (drawn("PNG", (10_001, 1)), "pixels"),
    ],
)
def test_remade_of_what_is_no_picture_says_why(upload, reason):
    with pytest.raises(pictures.Refused, match=reason):
        pictures.remade(upload)


def test_remade_of_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    def load(_picture):
        raise AssertionError("900 million pixels, 3 GB")

    upload = bomb(30_000)
    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(pictures.Refused, match="pixels"):
        pictures.remade(upload)
    assert len(upload) < 200_000
    with pytest.raises(AssertionError, match="900 million"):  # so that the trap is known to have teeth
        pictures.remade(drawn())


def test_remade_drops_all_but_pixels():
    picture = Pillow.new("RGB", (2000, 1000), "red")
    exif = picture.getexif()
    exif[0x010E] = "SECRET"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"SECRET")
    made = pictures.remade(out.getvalue() + b"<script>alert(1)</script>")
    assert b"SECRET" in out.getvalue()
    assert b"SECRET" not in made.content
    assert b"script" not in made.content
    assert dict(Pillow.open(io.BytesIO(made.content)).getexif()) == {}
    assert (made.mime, made.width, made.height) == ("image/jpeg", 1000, 2000)


@pytest.mark.parametrize(
    ("upload", "mime"),
    [
        (drawn("WEBP"), "image/jpeg"),
        (drawn("WEBP", mode="RGBA"), "image/png"),
        (drawn("GIF", mode="P"), "image/png"),
        (drawn("PNG", mode="L"), "image/png"),
        (drawn("JPEG", mode="CMYK"), "image/jpeg"),
    ],
)
def test_remade_gives_what_mail_programs_show(upload, mime):
    assert pictures.remade(upload).mime == mime


def test_remade_lets_a_gif_move():
    frames = [Pillow.new("RGB", (50, 50), (n * 20, 0, 0)) for n in range(5)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)
    made = pictures.remade(out.getvalue())
    assert (made.mime, Pillow.open(io.BytesIO(made.content)).n_frames) == ("image/gif", 5)


@pytest.fixture
def maja(db):
    return User.objects.create_user("maja")


@pytest.fixture
def image(maja):
    return take_in(upload=drawn(), file_name="a/../lamp\n.png", alt_en="A lamp", alt_de="", by=maja, now=NOW).image


def test_take_in_twice_is_one_picture(image, maja):
    again = take_in(upload=drawn(), file_name="other.png", alt_en="", alt_de="", by=maja, now=NOW)
    assert (again.made, again.image.pk, image.file_name, Image.objects.count()) == (False, image.pk, "lamp.png", 1)


def test_picture_is_served_to_anybody_without_a_cookie_for_ever(client, image):
    answer = client.get(reverse("picture", args=[file_name(image)]))
    assert (answer.status_code, answer["Content-Type"], len(answer.cookies)) == (200, "image/png", 0)
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "Cookie" not in answer.get("Vary", "")
    assert (
        client.get(reverse("picture", args=[file_name(image)]), headers={"if-none-match": answer["ETag"]}).status_code
        == 304
    )
    for wrong in (
        "x.png",
        f"{'0' * 64}.png",
        file_name(image).replace("png", "svg"),
        file_name(image).replace("png", "gif"),
    ):
        assert client.get(f"/media/{wrong}").status_code == 404


def test_block_with_a_picture_without_words_cannot_be_approved_and_keeps_the_picture(image, maja):
    ada = User.objects.create_user("ada")
    block = create_block(given={"slug": "b", "name_en": "B", "name_de": "B", "phase": "purchase"}, now=NOW)
    parts = [{"kind": "image", "image": image.checksum, "link": "https://a.example/?x=1&y=2"}]
    given = {"channel": "email", "language": "de", "subject": "Hi", "parts": parts}
    save_texts(block_id=block.pk, texts=given, base="", by=maja, now=NOW)
    ask_review(block_id=block.pk, edits=1, note="", now=NOW)
    with pytest.raises(NotReady, match="what it shows"):
        approve(block_id=block.pk, edits=1, by=ada, now=NOW)
    with pytest.raises(StillUsed, match="b"):
        throw_away(image_id=image.pk)
    describe(image_id=image.pk, name="Lamp", alt_en="A lamp", alt_de='Eine "Leuchte"')
    approve(block_id=block.pk, edits=1, by=ada, now=NOW)
    assert open_revision(block) is None
    body = block.variants.get().body
    assert f'src="{{{{ public_url }}}}/media/{image.checksum}.png" alt="Eine &quot;Leuchte&quot;"' in body
    assert 'href="https://a.example/?x=1&amp;y=2"' in body
    with pytest.raises(StillUsed):
        throw_away(image_id=image.pk)
    block.variants.all().delete()
    throw_away(image_id=image.pk)


def test_library_by_its_doors(client, maja):
    client.force_login(maja)
    page = reverse("content_pictures")
    given = {"file": SimpleUploadedFile("evil.png", b"<svg/>", "image/png"), "alt_en": "x"}
    refused = client.post(page, given)
    assert refused.status_code == 400
    assert "This is no PNG, JPEG, WebP or GIF." in refused.content.decode()
    given = {
        "file": SimpleUploadedFile("lamp.png", drawn(), "text/html"),
        "alt_en": "A lamp",
        "next": "https://evil.example/",
    }
    assert client.post(page, given).url == page
    found = Image.objects.get()
    assert "A lamp" in client.get(page, {"q": "lamp"}).content.decode()
    client.post(reverse("content_picture", args=[found.pk]), {"name": "L", "alt_en": "e", "alt_de": "d"})
    assert Image.objects.values_list("name_en", "alt_de").get() == ("L", "d")
    client.post(reverse("content_picture", args=[found.pk]), {"do": "delete"})
    assert not Image.objects.exists()
