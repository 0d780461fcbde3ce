"""How the journey leaf and the touch leaf look in the builder of conditions."""

from django.utils.translation import gettext_lazy as _

from contacts.conditions.reach import reaches
from contacts.conditions.rows import Part, Row, Words, choice_part, count_part, name_part, register_row, window_part
from journeys.enrollments.leaves import JOURNEY_STATES, TOUCH_STATES
from orchestrator.kernel.fields import translated

JOURNEY_WORDS = {
    "in": _("is in it"),
    "left": _("has left it"),
    "goal": _("has reached its goal"),
    "completed": _("has gone through it"),
}


def _journey(words: Words) -> list[Part]:
    states = {state: JOURNEY_WORDS.get(state, state) for state in JOURNEY_STATES}
    return [
        name_part("journey", words, _("Journey")),
        choice_part("state", _("State"), states, default="in"),
        window_part(),
    ]


def _touch(words: Words) -> list[Part]:
    states = {state: translated(texts, words.language) for state, texts in TOUCH_STATES.items()}
    channels = {"": _("any channel"), **{reach.channel: translated(reach.label, words.language) for reach in reaches()}}
    journey = name_part("journey", words, _("Journey"), none=str(_("of any journey")))
    block = name_part("block", words, _("Content"), none=str(_("with any content")))
    step: Part = {"part": "text", "key": "step", "label": str(_("Step")), "rare": True}
    return [
        {
            "part": "inside",
            "key": "touch",
            "parts": [choice_part("channel", _("Channel"), channels), journey, block, step],
        },
        choice_part("state", _("State"), states, default="sent"),
        count_part(),
        window_part(),
    ]


register_row(Row("journey", _("Journey"), {"journey": ""}, _journey))
register_row(Row("touch", _("Message"), {"touch": {"channel": "email"}, "within": "30d"}, _touch))
