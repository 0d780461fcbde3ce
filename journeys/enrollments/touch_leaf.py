"""The touch leaf: what was planned, decided and sent, and what came back of it: delivered, opened, clicked, bounced."""

from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Cast, Coalesce

from contacts.conditions.event_leaf import allowed
from contacts.conditions.event_rows import people_only
from contacts.conditions.expressions import UNKNOWN, All, Compare, Either
from contacts.conditions.names import Names, quoted
from contacts.conditions.parts import (
    compile_count,
    count_problems,
    is_name,
    one_of_problems,
    say_count,
    say_count_not,
    say_within,
    unknown_keys,
    window_problems,
    window_q,
)
from contacts.conditions.registry import Context, Leaf, Moments, Subject, behaviour_guard
from contacts.conditions.rules import Dependencies, Problem, at, show
from contacts.conditions.values import Json, JsonText

TOUCH_STATES = {
    "proposed": {"en": "proposed", "de": "vorgeschlagen"},
    "held": {"en": "held", "de": "vertagt"},
    "approved": {"en": "approved", "de": "freigegeben"},
    "suppressed": {"en": "suppressed", "de": "unterdrückt"},
    "expired": {"en": "expired", "de": "verfallen"},
    "sending": {"en": "being sent", "de": "im Versand"},
    "sent": {"en": "sent", "de": "gesendet"},
    "failed": {"en": "failed", "de": "fehlgeschlagen"},
    "unknown": {"en": "with unknown outcome", "de": "mit unbekanntem Ausgang"},
    "delivered": {"en": "delivered", "de": "zugestellt"},
    "opened": {"en": "opened", "de": "geöffnet"},
    "clicked": {"en": "clicked", "de": "angeklickt"},
    "bounced": {"en": "returned as undeliverable", "de": "unzustellbar"},
}
FEEDBACK = ("delivered", "opened", "clicked", "bounced")  # states of which events of the person tell
OF_EVENT = Subject(reference="contact_id", prefix="contact__")  # the person of an event
FILTERS = {"channel": "channel", "journey": "journey__slug", "block": "block__slug", "step": "step__key"}
CHANNELS = {
    "email": {"en": "e-mail", "de": "E-Mail"},
    "sms": {"en": "SMS", "de": "SMS"},
    "push": {"en": "push message", "de": "Push-Nachricht"},
    "letter": {"en": "letter", "de": "Brief"},
    "onsite": {"en": "message on the site", "de": "Nachricht auf der Website"},
}
# what came back is told by the event "email_opened"; a message on the site is not opened, it is seen
EVENT_NAMES = {
    ("onsite", "opened"): "onsite_shown",
    ("sms", "bounced"): "sms_failed",
    ("letter", "delivered"): "letter_printed",
}
OTHER_CHANNEL = {"en": "message in the channel {}", "de": "Nachricht im Kanal {}"}
MESSAGE = {"en": "message", "de": "Nachricht"}
OF = {
    "en": {"journey": " of journey {}", "block": " with content {}", "step": " of step {}"},
    "de": {"journey": " der Journey {}", "block": " mit Inhalt {}", "step": " des Schritts {}"},
}


class TouchLeaf(Leaf):
    """`{"touch": {"channel": "email"}, "state": "clicked", "count": {"gte": 1}, "within": "30d"}`."""

    key = "touch"

    def validate(self, node: dict[str, Any], path: str) -> list[Problem]:
        problems = unknown_keys(node, path, {"touch", "state", "count", "within"})
        here, filters = at(path, "touch"), node["touch"]
        if not isinstance(filters, dict):
            problems.append(Problem(here, f"expected an object with {', '.join(FILTERS)} or none, got {show(filters)}"))
        else:
            problems += unknown_keys(filters, here, FILTERS)
            problems += [
                Problem(at(here, key), f"expected a name, got {show(filters[key])}")
                for key in FILTERS
                if key in filters and not is_name(filters[key])
            ]
        problems += one_of_problems(node, path, "state", tuple(TOUCH_STATES)) + window_problems(node, path, "within")
        return problems + (count_problems(node["count"], at(path, "count")) if "count" in node else [])

    def compile(self, node: dict[str, Any], context: Context) -> Expression:
        counted = compile_count(self._touches(node, context), node.get("count", {"gte": 1}))
        if self._state(node) not in FEEDBACK:
            return counted
        looked_at = allowed(self._told_by(node)[0], context)
        if context.positive:
            return All(looked_at, counted)
        return Case(When(looked_at, then=counted), default=UNKNOWN)

    def _state(self, node: dict[str, Any]) -> str:
        return str(node.get("state", "sent"))

    def _touches(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        """The touches that count, for one row of the outer query, with the instant at which they came into the state."""
        found = self._in_state(node).filter(contact_id=OuterRef(context.subject.reference))
        if self._state(node) in FEEDBACK:
            return found.filter(Exists(self.feedback(node, context)))
        return found.filter(window_q(node, "moment", context.now))

    def _in_state(self, node: dict[str, Any]) -> QuerySet[Any]:
        """The touches of everybody that fit, of reactions those that may have one."""
        from journeys.enrollments.models import Touch

        state, found = self._state(node), Touch.objects.all()
        for key, column in FILTERS.items():
            if key in node["touch"]:
                found = found.filter(Compare(F(column), "=", Value(node["touch"][key])))
        if state in FEEDBACK:
            return found
        moment = F("proposed_at") if state == "proposed" else Coalesce("decided_at", "proposed_at")
        if state == "sent":
            moment = Coalesce("sent_at", "decided_at", "proposed_at")
        return found.filter(state=state).annotate(moment=moment)

    def moments(self, node: dict[str, Any]) -> list[Moments]:
        from contacts.events.models import Event

        if self._state(node) not in FEEDBACK:
            return [Moments(self._in_state(node), "moment")]
        return [Moments(Event.objects.filter(name__in=self._told_by(node)), "occurred_at")]

    def feedback(self, node: dict[str, Any], context: Context) -> QuerySet[Any]:
        """What came back of one touch, machines left out."""
        from contacts.events.models import Event, EventType

        names = self._told_by(node)
        found = Event.objects.filter(
            contact_id=OuterRef("contact_id"), name__in=names, occurred_at__lte=context.now
        ).filter(window_q(node, "occurred_at", context.now))
        found = people_only(found, names[0])
        if len(names) > 1:  # each name is looked at by itself
            described = EventType.objects.filter(slug=OuterRef("name")).exclude(kind=EventType.Kind.BEHAVIOUR)
            found = found.filter(Either(Exists(described), behaviour_guard(OF_EVENT)))
        same = Compare(JsonText(Json("properties", "touch")), "=", Cast(OuterRef("pk"), TextField()))
        return found.filter(same)

    def value(self, node: dict[str, Any], context: Context) -> Expression:
        found = self._touches(node, context).order_by().values("contact_id").annotate(n=Count("pk")).values("n")
        return self._shown(node, context, Coalesce(Subquery(found), Value(0)))

    def since(self, node: dict[str, Any], context: Context) -> Expression:
        found = self._touches(node, context).order_by()
        if self._state(node) in FEEDBACK:
            newest = self.feedback(node, context).order_by("-occurred_at").values("occurred_at")[:1]
            found = found.annotate(moment=Subquery(newest))
        return self._shown(node, context, Subquery(found.values("contact_id").annotate(n=Max("moment")).values("n")))

    def _shown(self, node: dict[str, Any], context: Context, shown: Any) -> Expression:
        if self._state(node) not in FEEDBACK:
            return shown  # type: ignore[no-any-return]
        return Case(When(allowed(self._told_by(node)[0], context), then=shown), default=None)

    def say(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, say_count(node["count"], language) if "count" in node else "")

    def say_not(self, node: dict[str, Any], language: str, names: Names | None = None) -> str:
        return self._say(node, language, names, say_count_not(node.get("count", {"gte": 1}), language))

    def _say(self, node: dict[str, Any], language: str, names: Names | None, often: str) -> str:
        filters = node["touch"]
        channel = filters.get("channel")
        text = MESSAGE[language] if channel is None else CHANNELS.get(channel, {}).get(language)
        text = text or OTHER_CHANNEL[language].format(channel)
        for kind, words in OF[language].items():
            if kind in filters:
                text += words.format(quoted(names, kind, filters[kind], language))
        text += f" {TOUCH_STATES[self._state(node)][language]}"
        if often:
            text += f" {often}"
        return text + say_within(node["within"], language) if "within" in node else text

    def depends_on(self, node: dict[str, Any]) -> Dependencies:
        if self._state(node) not in FEEDBACK:
            return Dependencies(others={"touch"}, timed="within" in node)
        return Dependencies(events=set(self._told_by(node)), timed="within" in node)

    def _told_by(self, node: dict[str, Any]) -> list[str]:
        """The names of the events that tell of a state, e-mail first."""
        channels = [node["touch"]["channel"]] if "channel" in node["touch"] else list(CHANNELS)
        return [told_by(channel, self._state(node)) for channel in channels]


def told_by(channel: str, state: str) -> str:
    """Name the event that tells that a message of a channel was opened, clicked and so on."""
    return EVENT_NAMES.get((channel, state), f"{channel}_{state}")
