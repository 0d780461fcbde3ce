"""What the check finds wrong in a step, said in the words of its panel."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orchestrator.kernel.fields import translated

NOTHING = (None, "", [], {})
# what is still open in a step, by its kind and setting; an empty setting is the step as a whole
UNSET = {
    ("audience", "list"): gettext_lazy("Choose the list that people are put into or taken from."),
    ("branch", "branches"): gettext_lazy("Add a way, and describe whom it is for."),
    ("handover", "team"): gettext_lazy("Choose the team that takes over."),
    ("jump", ""): gettext_lazy("Choose where it leads: back to a step, or into another journey."),
    ("offer", "offer"): gettext_lazy("Choose the offer."),
    ("send", "block"): gettext_lazy("Choose the content of the message."),
    ("split", "arms"): gettext_lazy("Add two arms at least, each with a name and a share."),
    ("survey", "question"): gettext_lazy("Write the question in both languages."),
    ("survey", "block"): gettext_lazy("Choose the content that asks the question."),
    ("survey", "choices"): gettext_lazy("Write the answers that can be chosen: two at least."),
    ("survey", ""): gettext_lazy("Choose what can be answered: a grade from 0 to 10, or answers of your own."),
    ("task", "title"): gettext_lazy("Write what is to be done."),
    ("update", ""): gettext_lazy("Choose what changes: attributes, tags, the stage or a score."),
    ("webhook", "url"): gettext_lazy("Set the address that is called."),
}
LABELS = {
    "answer": gettext_lazy("What the answer fills"),
    "arms": gettext_lazy("Arms"),
    "at_most": gettext_lazy("At most"),
    "block": gettext_lazy("Content"),
    "body": gettext_lazy("Body"),
    "branches": gettext_lazy("Ways"),
    "channel": gettext_lazy("Channel"),
    "choices": gettext_lazy("Answers"),
    "date": gettext_lazy("Date"),
    "expires": gettext_lazy("Expires"),
    "for": gettext_lazy("Duration"),
    "headers": gettext_lazy("Headers"),
    "journey": gettext_lazy("Journey"),
    "list": gettext_lazy("List"),
    "name": gettext_lazy("Name"),
    "offer": gettext_lazy("Offer"),
    "purpose": gettext_lazy("Purpose"),
    "question": gettext_lazy("Question"),
    "reaction": gettext_lazy("Reaction"),
    "score": gettext_lazy("Points"),
    "secret": gettext_lazy("Secret"),
    "set": gettext_lazy("Attributes"),
    "stage": gettext_lazy("Stage"),
    "tag": gettext_lazy("Tags"),
    "team": gettext_lazy("Team"),
    "to": gettext_lazy("Step"),
    "until": gettext_lazy("Condition"),
    "url": gettext_lazy("Address"),
    "window": gettext_lazy("Local time"),
}


def said_in_step(step: Mapping[str, Any], path: str, message: str) -> str:
    """Say what is wrong in a step. path: below the step's own, as the check gives it."""
    if "leads nowhere" in message:
        return _("A way out leads nowhere: %(message)s") % {"message": message}
    if "without a wait" in message:
        return _("This loop has no wait: people would run round in it at once.")
    field = re.split(r"[.\[]", path)[0]
    if field == "journey" and message.endswith("."):
        return message  # a whole sentence already
    if unset := _unset(step, path, field):
        return unset
    label = LABELS.get(field)
    if label is None:
        return plainly(message, f"{path}: {message}" if path else message)
    if message.endswith((", got null", ", got None")):
        return _("“%(field)s” is missing.") % {"field": label}
    return f"{label}: {plainly(message, message)}"


def plainly(message: str, otherwise: str) -> str:
    """Say a message of the check in plain words where it has some."""
    if gone := re.fullmatch(r"there is no (.+?) '(.+?)'(?:, did you mean '(.+)'\?)?", message):
        text = _("Missing: %(what)s “%(name)s”.") % {"what": gone[1], "name": gone[2]}
        return f"{text} {_('Did you mean “%(name)s”?') % {'name': gone[3]}}" if gone[3] else text
    if message.startswith("a context signal alone opens no journey"):
        return _("A context signal alone opens no journey: add what somebody did or where they stand.")
    return otherwise


def _unset(step: Mapping[str, Any], path: str, field: str) -> str:
    """What is to be chosen where nothing is yet; empty where something is."""
    kind = str(step.get("kind"))
    way = re.match(r"branches\[(\d+)\]", path)
    if way and kind == "branch":
        branch = step["branches"][int(way[1])]
        if not isinstance(branch, dict) or branch.get("when") not in NOTHING:
            return ""
        name = translated(branch.get("name") or {}) or str(branch.get("key", ""))
        return _("Describe whom the way “%(name)s” is for.") % {"name": name}
    question = step.get("question")
    half = field == "question" and isinstance(question, dict) and not all(question.get(one) for one in ("en", "de"))
    if (kind, field) in UNSET and (half or not field or step.get(field) in NOTHING):
        return str(UNSET[kind, field])
    return ""
