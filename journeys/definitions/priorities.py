"""Priorities between journeys: the page's plain values, and writing a new order or new weights."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from consent.limits.models import Limit
from contacts.attributes.queries import Definition, definitions
from contacts.conditions.forms import ConditionField
from contacts.conditions.language import say, validate
from contacts.conditions.names import Names, load_names
from contacts.scores.models import Score
from journeys.definitions.models import Journey
from journeys.definitions.ranks import Weights, reordered, winner
from orchestrator.kernel import sql

WEIGHTS = ("value", "context", "context_factor", "propensity")
SHOWN_PAIRS = 30


class ChangedMeanwhile(Exception):
    """Somebody else changed priorities or weights after the page was opened: nothing was written."""


def ranked() -> list[Journey]:
    """The journeys that are not archived, the highest priority first."""
    return list(Journey.objects.exclude(state=Journey.State.ARCHIVED).order_by("-priority", "slug"))


def as_opened(journeys: Sequence[Journey]) -> str:
    """Say the order and the weights as text, to be compared when they are saved."""
    return json.dumps([[one.slug, one.priority, *(_plain(getattr(one, name)) for name in WEIGHTS)] for one in journeys])


@transaction.atomic
def save_order(*, slugs: Sequence[str], opened: str) -> None:
    """Write the priorities of a new order, highest first. Raises ChangedMeanwhile: nothing was written."""
    rows = list(Journey.objects.select_for_update().exclude(state=Journey.State.ARCHIVED).order_by("-priority", "slug"))
    if as_opened(rows) != opened or sorted(slugs) != sorted(one.slug for one in rows):
        raise ChangedMeanwhile
    by_slug = {one.slug: one for one in rows}
    for slug, priority in zip(slugs, reordered([one.priority for one in rows]), strict=True):
        by_slug[slug].priority = priority
    Journey.objects.bulk_update(rows, ["priority"])


@transaction.atomic
def save_weights(*, slug: str, given: Mapping[str, Any], opened: str) -> None:
    """Write the weights of one journey. Raises ChangedMeanwhile: nothing was written."""
    row = Journey.objects.select_for_update().get(slug=slug)
    if as_opened([row]) != opened:
        raise ChangedMeanwhile
    for name in WEIGHTS:
        setattr(row, name, given[name])
    row.save(update_fields=WEIGHTS)


class WeightsForm(forms.ModelForm):
    """What the score of a journey's messages is made of."""

    value = forms.DecimalField(
        min_value=Decimal("0.001"), max_value=Decimal(1000), decimal_places=3, label=gettext_lazy("Value"),
        help_text=gettext_lazy("What a message of it is worth beside others; 1 is usual."),
    )  # fmt: skip
    context = ConditionField(required=False, run=False, label=gettext_lazy("Context: for people who ..."))
    context_factor = forms.DecimalField(
        min_value=Decimal("0.001"), max_value=Decimal(100), decimal_places=3, label=gettext_lazy("counts so many times"),
        help_text=gettext_lazy("2: twice as much; 0.5: half as much."),
    )  # fmt: skip
    propensity = forms.ChoiceField(required=False, label=gettext_lazy("Propensity: a score of the person"))

    class Meta:
        model = Journey
        fields = WEIGHTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["propensity"]
        chosen.choices = [("", _("none")), *((one.slug, one.name) for one in Score.objects.order_by("slug"))]
        for name in ("value", "context_factor"):  # 1.2, not 1.200, which a German reads as a thousand and more
            self.initial[name] = f"{Decimal(self.initial[name]).normalize():f}"
        for name, field in self.fields.items():
            if name != "context":
                field.widget.attrs["class"] = "form-select" if name == "propensity" else "form-control"

    def clean(self) -> dict[str, Any]:
        """A factor without a context would never count."""
        found = super().clean() or self.cleaned_data
        unset = found.get("context") is None and "context" not in self.errors
        if unset and found.get("context_factor") not in (None, Decimal(1)):
            self.add_error("context", _("Please say for whom it counts so many times, or leave the factor at 1."))
        return found


def priorities_page(journeys: Sequence[Journey]) -> dict[str, Any]:
    """Put journeys in their order, what each score is made of in a sentence, and who wins of each pair that competes."""
    names, scores, known = load_names(), {one.slug: one.name for one in Score.objects.all()}, definitions()
    by_id = {one.pk: one for one in journeys}
    pairs = [
        _pair(by_id[one], by_id[other], people)
        for one, other, people in sql.rows(sql.statement("journeys/enrollments/sql/competitors.sql"))
        if one in by_id and other in by_id
    ]
    ahead = max(Limit.objects.filter(active=True).values_list("lookahead_hours", flat=True), default=0)
    return {
        "opened": as_opened(journeys),
        "rows": [
            {"slug": one.slug, "name": one.name, "phase": one.phase, "state": one.get_state_display(),
             "live": one.state == Journey.State.LIVE, "sentence": sentence(one, names, scores, known)}
            for one in journeys
        ],
        "pairs": pairs[:SHOWN_PAIRS],
        "more": max(0, len(pairs) - SHOWN_PAIRS),
        "ahead": ahead,
    }  # fmt: skip


def sentence(journey: Journey, names: Names, scores: Mapping[str, str], known: Mapping[str, Definition]) -> str:
    """Say what the score of a journey's messages is made of. known: the attributes, by which a context is checked."""
    language = (get_language() or "en")[:2]
    parts = [_("priority %(n)s") % {"n": journey.priority}]
    if journey.value != 1:
        parts.append(_("worth %(n)s times") % {"n": number_format(journey.value.normalize())})
    if journey.context and validate(journey.context, definitions=known, run=False):
        parts.append(_("its context is not valid and does not count"))
    elif journey.context:
        told = {"who": say(journey.context, language, names), "n": number_format(journey.context_factor.normalize())}
        twice = journey.context_factor == 2
        parts.append((_("counts twice for: %(who)s") if twice else _("counts %(n)s times for: %(who)s")) % told)
    if journey.propensity:
        score = scores.get(journey.propensity, journey.propensity)
        parts.append(_("times the score “%(score)s” of the person (100 counts fully)") % {"score": score})
    return "; ".join(parts)


def weights_of(journey: Journey) -> Weights:
    """The weights of a journey, for comparison."""
    factor = journey.context_factor if journey.context else None
    return Weights(journey.priority, journey.value, factor, bool(journey.propensity))


def _pair(one: Journey, other: Journey, people: int) -> dict[str, Any]:
    told = {"one": one.name, "other": other.name}
    says = {
        "one": _("“%(one)s” goes before “%(other)s”"),
        "other": _("“%(other)s” goes before “%(one)s”"),
        "first": _("“%(one)s” and “%(other)s” are worth the same: who asks first goes first"),
        "depends": _("“%(one)s” or “%(other)s”: it depends on the person"),
    }
    shared = ngettext("%(n)s person is in both", "%(n)s people are in both", people)
    return {
        "text": says[winner(weights_of(one), weights_of(other))] % told,
        "people": shared % {"n": number_format(people, force_grouping=True)},
    }


def _plain(value: Any) -> Any:
    return str(value.normalize()) if isinstance(value, Decimal) else value
