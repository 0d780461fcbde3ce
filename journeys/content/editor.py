"""What the editor shows and what its buttons mean, as plain values."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from journeys.content import media, page
from journeys.content.asking import sorted_keys, variant_choice
from journeys.content.checking import problems_in
from journeys.content.editing import Conflict
from journeys.content.models import Block, Revision
from journeys.content.parts import KIND_NAMES, KINDS, changed
from journeys.content.rules import CHANNELS, LANGUAGES, ContentProblem, Key, MissingContent
from journeys.content.texts import Texts, clean_texts, composed, file_name, key_of
from journeys.content.values import values
from orchestrator.kernel.fields import translated

TITLED = ("email", "push", "letter")  # channels whose texts have a subject
MOST_PICTURES = 60  # in the picker


def after(do: str, texts: Texts) -> Texts:
    """Do to posted texts what a button says: change the parts, go over to MJML or back."""
    if do == "mjml" and texts.get("parts") is not None:
        return {**composed(texts), "parts": None}
    if do == "parts" and texts.get("parts") is None:
        return {**texts, "parts": [{"id": 1, "kind": "mjml", "text": texts["body"]}] if texts["body"] else []}
    if texts.get("parts") is not None:
        return {**texts, "parts": changed(texts["parts"], do)}
    return texts


def goes_to(do: str, key: Key, posted: Mapping[str, str]) -> Key:
    """Say which variant is shown after a button: "go:sms/en/", or the new one."""
    if do == "add-variant":
        found = (posted.get("new_channel", ""), posted.get("new_language", ""), posted.get("new_arm", "").strip()[:50])
    elif do.startswith("go:") and do.count("/") >= 2:
        channel, language, arm = do[3:].split("/", 2)
        found = (channel, language, arm[:50])
    else:
        return key
    return found if found[0] in CHANNELS and found[1] in LANGUAGES else key


def empty(key: Key) -> Texts:
    """Texts of a variant that is not there yet."""
    texts = {"channel": key[0], "language": key[1], "arm": key[2], "subject": "", "preheader": "", "body": ""}
    return {**texts, "parts": [] if key[0] == "email" else None}


def showable(texts: Mapping[str, Any], channel: str) -> Texts:
    """Give refused texts so that the form can show them again, whatever was posted."""
    parts = texts.get("parts")
    return {
        **texts,
        "channel": texts["channel"] if texts["channel"] in CHANNELS else channel,
        "language": texts["language"] if texts["language"] in LANGUAGES else LANGUAGES[0],
        "parts": None if parts is None else [part for part in parts if part.get("kind") in KINDS],
    }


def carried_over(texts: Texts, key: Key) -> Texts:
    """Texts to begin another variant with; from another channel only the words of the subject fit."""
    given = {**texts, "channel": key[0], "language": key[1], "arm": key[2]}
    if texts["channel"] == key[0]:
        return given
    words = texts["subject"] if texts["channel"] in TITLED else texts["body"]
    return {
        **empty(key),
        "subject": words[:300] if key[0] in TITLED else "",
        "body": words if key[0] != "email" else "",
    }


def context(block: Block, draft: Revision | None, variants: Sequence[Texts], texts: Texts) -> dict[str, Any]:
    """Collect what the editor shows."""
    key = key_of(texts)
    parts = texts.get("parts")
    try:
        own = composed(clean_texts(texts))
        problems = [page.problem_row(problem) for _key, problem in problems_in([own])]
    except (ContentProblem, MissingContent) as problem:
        problems = [{"message": str(problem), "level": "error", "stops": True}]
    images = media.library()[:MOST_PICTURES]
    return {
        "piece": page.block_row(block, [draft] if draft else []),
        "texts": texts,
        "keys": {"channel": key[0], "language": key[1], "arm": key[2]},
        "variant": page.variant_name(key),
        "variants": [variant_choice(one, key) for one in sorted_keys(list(variants), key)],
        "mail": key[0] == "email",
        "titled": key[0] in TITLED,
        "mode": "mjml" if parts is None else "parts",
        "parts": [_part(part, n, len(parts), images) for n, part in enumerate(parts)] if parts is not None else None,
        "kinds": [{"slug": kind, "name": translated(KIND_NAMES[kind])} for kind in KINDS],
        "problems": problems,
        "values": [{"path": v.path, "name": translated(v.name), "text": v.text} for v in values()],
        "images": [_image(one) for one in images],
        "channels": page.channels(),
        "languages": page.languages(),
        "draft": {
            "number": draft.number,
            "by": page.person_name(draft.by),
            "at": draft.at,
            "state": draft.state,
            "note": draft.note,
        }
        if draft
        else None,
        "frozen": bool(draft and draft.state == Revision.State.IN_REVIEW) or block.state == Block.State.ARCHIVED,
    }


def _part(part: Mapping[str, Any], n: int, count: int, images: Any) -> dict[str, Any]:
    chosen = next((_image(one) for one in images if one.checksum == part.get("image")), None)
    return {
        **part,
        "name": translated(KIND_NAMES[part["kind"]]),
        "first": n == 0,
        "last": n == count - 1,
        "n": n + 1,
        "chosen": chosen,
    }


def _image(image: Any) -> dict[str, Any]:
    return {
        "checksum": image.checksum,
        "name": image.name,
        "file": file_name(image),
        "width": image.width,
        "height": image.height,
        "described": bool(image.alt_en and image.alt_de),
    }


def conflict_shown(conflict: Conflict, mine: Texts) -> dict[str, Any]:
    """What somebody sees whose text was changed by another person meanwhile: who, when, and every difference."""
    return {
        "by": page.person_name(conflict.revision.by),
        "at": conflict.revision.at,
        "gone": conflict.theirs is None,
        "lines": differences(conflict.theirs, composed(mine)),
    }


def differences(before: Texts | None, after: Texts | None) -> list[dict[str, Any]]:
    """Compare two texts line by line: kind "same", "out" or "in"; long stretches that are the same are left out."""
    names = {"subject": _("Subject"), "preheader": _("Preview line"), "body": _("Text")}
    found = []
    for field, name in names.items():
        old, new = ((texts or {}).get(field, "").splitlines() for texts in (before, after))
        lines = [
            {"kind": {"-": "out", "+": "in"}.get(line[0], "same"), "text": line[1:]}
            for line in list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
            if not line.startswith("@@")
        ]
        if lines:
            found.append({"name": name, "lines": lines})
    return found


def refusal(reason: str) -> str:
    """Say why a draft cannot be written or approved now."""
    return {
        "archived": _("The block is archived: take it out of the archive first."),
        "in_review": _("The draft waits for approval: take it back first. What you wrote is below, nothing is lost."),
        "not_in_review": _("There is no draft that waits for approval."),
        "own": _("You wrote last: another person has to approve it."),
        "changed": _("Somebody changed the draft meanwhile. Look at it again."),
        "open": _("There is an open draft: approve or discard it first."),
        "nothing": _("There is nothing to approve: the draft has no text."),
    }[reason]
