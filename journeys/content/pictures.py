"""Makes a safe picture out of an upload: decoded and written anew, so that only pixels are left."""

import io
import warnings
from typing import NamedTuple

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_BYTES = 8 * 1024 * 1024
MOST_SIDE = 10_000  # pixels
MOST_PIXELS = 25_000_000  # of a picture, or of all frames of one that moves
MOST_FRAMES = 200
WIDEST = 1_600  # mails are 600 points wide; more only makes them slow


class Refused(Exception):
    """A file is no picture that can be taken in. reason: "empty", "large", "kind", "pixels", "frames", "broken"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Made(NamedTuple):
    """A picture written anew."""

    content: bytes
    mime: str
    width: int
    height: int


def remade(upload: bytes) -> Made:
    """Read a PNG, JPEG, WebP or GIF and write it anew, without anything but its pixels. Raises Refused.

    Its size is looked at before a pixel is decoded. WebP becomes JPEG, or PNG where it is see-through, since mail
    programs cannot show it; a GIF that moves goes on moving.
    """
    if not upload:
        raise Refused("empty")
    if len(upload) > MOST_BYTES:
        raise Refused("large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=FORMATS) as picture:
                return _written(picture)
    except UnidentifiedImageError as error:
        raise Refused("kind") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("pixels") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:  # Pillow on broken files
        raise Refused("broken") from error


def _written(picture: Image.Image) -> Made:
    width, height = picture.size
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS or min(width, height) < 1:
        raise Refused("pixels")
    frames = getattr(picture, "n_frames", 1)
    if picture.format == "GIF" and frames > 1:
        return _moving(picture, frames)
    picture.load()
    still = ImageOps.exif_transpose(picture)
    see_through = still.mode in ("RGBA", "LA", "PA") or "transparency" in still.info
    if picture.format == "JPEG" or (picture.format == "WEBP" and not see_through):
        return _saved(_smaller(still.convert("RGB")), "JPEG", quality=86, optimize=True, progressive=True)
    return _saved(_smaller(still.convert("RGBA" if see_through else "RGB")), "PNG", optimize=True)


def _moving(picture: Image.Image, frames: int) -> Made:
    if frames > MOST_FRAMES:
        raise Refused("frames")
    if frames * picture.width * picture.height > MOST_PIXELS:
        raise Refused("pixels")
    shown, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(int(frame.info.get("duration") or 100))
        shown.append(_smaller(frame.convert("RGBA")))
    more = {"save_all": True, "append_images": shown[1:], "duration": durations, "loop": 0, "disposal": 2}
    return _saved(shown[0], "GIF", **more)


def _smaller(picture: Image.Image) -> Image.Image:
    if picture.width <= WIDEST:
        return picture
    return picture.resize((WIDEST, max(1, round(picture.height * WIDEST / picture.width))), Image.Resampling.LANCZOS)


def _saved(picture: Image.Image, form: str, **options: object) -> Made:
    clean = Image.new(picture.mode, picture.size)  # carries no EXIF, no text, no colour profile
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, form, **options)
    return Made(out.getvalue(), f"image/{form.lower()}", *clean.size)
