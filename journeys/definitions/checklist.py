"""What somebody should look at before a journey runs: each finding a sentence with its place, errors first."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.attributes.models import Attribute
from contacts.attributes.queries import definitions
from contacts.conditions.language import depends_on
from contacts.conditions.names import spaced
from contacts.conditions.rules import Problem
from journeys.content.models import Block
from journeys.definitions.check import check
from journeys.definitions.reach import silent_steps
from journeys.definitions.step_words import plainly, said_in_step
from journeys.definitions.telling import MOST_MINUTES, telling
from journeys.definitions.text_hints import text_hints
from journeys.definitions.ways import conditions_in
from journeys.roles.queries import unplanned_steps
from journeys.steps.registry import kind_names
from orchestrator.kernel.fields import translated

MOST_KPIS = 3
PLACES = ("entry", "goal", "exit", "kpis")


class Hint(NamedTuple):
    """One finding. level: "error" (stops publishing) or "hint". step_key: where it is; else `place` is one of
    entry, goal, exit, kpis, basics. name: of the step. rule: the address of a rule outside of the journey that says so."""

    text: str
    level: str = "hint"
    step_key: str = ""
    name: str = ""
    place: str = "basics"
    rule: str = ""


def hints(definition: Mapping[str, Any]) -> list[Hint]:
    """Find everything in a definition that somebody should look at, in a fixed number of statements."""
    steps = [step for step in definition.get("steps") or [] if isinstance(step, dict)]
    found = [
        _said(problem, steps) for problem in check(definition) if problem.path != "goal" or problem.level == "error"
    ]
    if any(not isinstance(step.get("key"), str) or step.get("kind") not in kind_names() for step in steps):
        return found
    blocks = _blocks_of(steps)
    found += [*_frame_hints(definition), *_content_hints(steps, blocks), *_sensitive_hints(definition)]
    channels = {slug: block.channel for slug, block in blocks.items()}
    found += [_at(one.step, one.text)._replace(rule=one.rule) for one in silent_steps(definition, channels)]
    found += [_at(one.step, one.text)._replace(rule=one.rule) for one in unplanned_steps(definition, channels)]
    found += _share_hints(steps)
    return sorted(found, key=lambda hint: hint.level != "error")


def _at(step: Mapping[str, Any], text: str, level: str = "hint") -> Hint:
    name = translated(step.get("name") or {}) or str(step.get("key", ""))
    return Hint(text, level, str(step.get("key", "")), name, "step")


def _said(problem: Problem, steps: list[dict[str, Any]]) -> Hint:
    """Say a problem of the check in the words of a page."""
    level = "error" if problem.level == "error" else "hint"
    inside = re.match(r"steps\[(\d+)\]\.?(.*)", problem.path)
    if inside and int(inside[1]) < len(steps):
        step = steps[int(inside[1])]
        return _at(step, said_in_step(step, inside[2], problem.message), level)
    if lost := re.fullmatch(r"(a second start, )?nobody can come to '(.+)'", problem.message):
        step = next((one for one in steps if one.get("key") == lost[2]), {})
        return _at(
            step, _("This would be a second start: nobody can come here.") if lost[1] else _("Nobody can come here.")
        )
    place = next((one for one in PLACES if problem.path.startswith(one)), "basics")
    return Hint(plainly(problem.message, str(problem)), level, place=place)


def _frame_hints(definition: Mapping[str, Any]) -> Iterator[Hint]:
    """Goal, exits, key figures, and whether a colleague would understand it."""
    if not definition.get("goal"):
        yield Hint(_("There is no goal: nobody will know whether this journey works."), place="goal")
    if not definition.get("exit") and not definition.get("max_age"):
        text = _("There is no exit and no maximum age: whoever does not react stays until the end of the flow.")
        yield Hint(text, place="exit")
    kpis = definition.get("kpis") or []
    if len(kpis) > MOST_KPIS:
        said = {"n": len(kpis), "most": MOST_KPIS}
        yield Hint(_("%(n)s core KPIs: more than %(most)s are none.") % said, place="kpis")
    told = telling(definition)
    if told.minutes > MOST_MINUTES:
        reasons = ", ".join(told.reasons)
        said = {"minutes": told.minutes, "reasons": reasons}
        yield Hint(_("Too complex to explain in minutes: about %(minutes)s (%(reasons)s).") % said)


def _blocks_of(steps: list[dict[str, Any]]) -> dict[str, Block]:
    wanted = {step["block"] for step in steps if isinstance(step.get("block"), str) and step["block"]}
    return {block.slug: block for block in Block.objects.filter(slug__in=wanted).prefetch_related("variants")}


def _content_hints(steps: list[dict[str, Any]], blocks: dict[str, Block]) -> Iterator[Hint]:
    """What is missing in the content that steps send: approval, languages, texts for the channel."""
    wanted = [(step, step["block"]) for step in steps if isinstance(step.get("block"), str) and step["block"]]
    languages = {"en": _("English"), "de": _("German")}
    for step, slug in wanted:
        block = blocks.get(slug)
        if block is None:
            continue  # the check says that it does not exist
        name = {"name": block.name}
        channel = step.get("channel") or block.channel
        texts = [variant for variant in block.variants.all() if variant.channel == channel]
        if block.state != Block.State.APPROVED:
            yield _at(step, _("“%(name)s” is not approved.") % name)
        if not texts:
            yield _at(step, _("“%(name)s” has no text for this channel.") % name, "error")
            continue
        for variant in texts:
            if not variant.body.strip() or (channel == "email" and not variant.subject.strip()):
                yield _at(
                    step, _("“%(name)s” is empty in %(language)s.") % (name | {"language": languages[variant.language]})
                )
        for code in set(languages) - {variant.language for variant in texts}:
            yield _at(step, _("“%(name)s” has no text in %(language)s.") % (name | {"language": languages[code]}))
    yield from (_at(step, text) for step, text in text_hints(steps, blocks))


def _share_hints(steps: list[dict[str, Any]]) -> Iterator[Hint]:
    """Splits whose shares are no whole."""
    for step in steps:
        weights = [arm.get("weight") for arm in step.get("arms") or []]
        total = sum(weight for weight in weights if isinstance(weight, int | float))
        if total and total not in (1, 100):
            text = _("The shares add up to %(total)s %%; they are taken in proportion.")
            yield _at(step, text % {"total": f"{total:g}"})


def _sensitive_hints(definition: Mapping[str, Any]) -> Iterator[Hint]:
    """Sensitive attributes that decide something, with the reason that the team gave for having them."""
    known = {key: one for key, one in definitions().items() if one.sensitive}
    if not known:
        return
    reasons = _purposes(list(known))
    for step, part in conditions_in(definition):
        for key in sorted(depends_on(part).attributes & set(known)):
            name = translated({"en": known[key].name_en, "de": known[key].name_de}, (get_language() or "en")[:2])
            text = _("“%(name)s” is sensitive; it is used for: %(reason)s") % {
                "name": name or spaced(key),
                "reason": reasons.get(key) or _("no reason given"),
            }
            yield _at(step, text) if step else Hint(text, place="entry")


def _purposes(keys: list[str]) -> dict[str, str]:
    return dict(Attribute.objects.filter(key__in=keys).values_list("key", "purpose"))
