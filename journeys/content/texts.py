"""The texts of one variant as a draft keeps them: which one it is, whether it changed, and what it may hold."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeys.content.models import Image, Variant
from journeys.content.parts import Part, Picture, body_of, clean_parts, pictures_in
from journeys.content.rules import CHANNELS, LANGUAGES, SOURCE_LIMIT, ContentProblem, Key

Texts = dict[str, Any]  # of one variant, as a revision keeps them: FIELDS and `parts`
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
FIELDS = ("channel", "language", "arm", "subject", "preheader", "body")


def key_of(texts: Mapping[str, Any]) -> Key:
    """Say which variant texts are."""
    return texts["channel"], texts["language"], texts["arm"]


def texts_at(variants: Iterable[Texts], key: Key) -> Texts | None:
    """Find the texts of one variant in a revision."""
    return next((texts for texts in variants if key_of(texts) == key), None)


def digest_of(texts: Mapping[str, Any] | None) -> str:
    """Give the same word for the same texts, to see later whether somebody changed them."""
    if texts is None:
        return ""
    plain = json.dumps({k: texts.get(k) for k in (*FIELDS, "parts")}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def clean_texts(given: Mapping[str, Any]) -> Texts:
    """Make texts of a variant out of what came from outside. Raises ContentProblem with what is wrong."""
    texts: Texts = {field: str(given.get(field) or "").replace("\0", "").strip() for field in FIELDS}
    if texts["channel"] not in CHANNELS:
        raise ContentProblem(f"channel: expected one of {', '.join(CHANNELS)}, got {texts['channel'][:50]!r}")
    if texts["language"] not in LANGUAGES:
        raise ContentProblem(f"language: expected one of {', '.join(LANGUAGES)}, got {texts['language'][:50]!r}")
    for field, most in (("subject", 300), ("preheader", 300), ("arm", 50)):
        if len(texts[field]) > most:
            raise ContentProblem(f"{field}: longer than {most} characters")
    if len(texts["body"].encode("utf-8", "surrogatepass")) > SOURCE_LIMIT:
        raise ContentProblem(f"body: longer than {SOURCE_LIMIT // 1024} KiB")
    parts = given.get("parts")
    try:
        texts["parts"] = clean_parts(parts) if parts is not None and texts["channel"] == "email" else None
    except ValueError as error:
        raise ContentProblem(str(error)) from error
    if texts["channel"] in ("sms", "letter", "onsite"):
        texts["preheader"] = ""
    return texts


def texts_of(variant: Variant) -> Texts:
    """Give a variant as plain texts."""
    return {**{field: getattr(variant, field) for field in FIELDS}, "parts": variant.parts}


def variant_of(texts: Mapping[str, Any]) -> Variant:
    """Give texts as a variant that is not kept, its body made of its parts."""
    return Variant(**{field: texts[field] for field in FIELDS}, parts=texts.get("parts"))


def composed(texts: Texts) -> Texts:
    """Give texts with the body that their parts make, if they have parts."""
    if texts.get("parts") is None:
        return texts
    parts: Sequence[Part] = texts["parts"]
    return {**texts, "body": body_of(parts, pictures(pictures_in(parts), texts["language"]))}


def pictures(checksums: Iterable[str], language: str) -> dict[str, Picture]:
    """Read what a body needs to know of pictures, by checksum."""
    wanted = set(checksums)
    if not wanted:
        return {}
    found = Image.objects.filter(checksum__in=wanted).defer("content")
    return {
        one.checksum: Picture(
            f"{{{{ public_url }}}}/media/{file_name(one)}",
            (one.alt_de or one.alt_en) if language == "de" else (one.alt_en or one.alt_de),
            min(600, one.width),
        )
        for one in found
    }


def file_name(image: Image) -> str:
    """Say under which name a picture is served."""
    return f"{image.checksum}.{EXTENSIONS[image.mime]}"
