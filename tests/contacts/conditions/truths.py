"""One question in every way the language can answer it: exactly, as a filter, for everybody, and explained."""

from datetime import UTC, datetime, timedelta

from consent.models import Purpose, Record, State
from contacts.conditions.language import compile_condition, explain, say, validate
from contacts.models import Contact, Event

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def truth(contact, condition, now=NOW):
    """The three-valued truth of a condition for a contact, on which all ways must agree."""
    assert validate(condition) == []
    people = Contact.objects.filter(pk=contact.pk)
    value = people.annotate(t=compile_condition(condition, now=now, positive=False)).values_list("t", flat=True).get()
    grouped = compile_condition(condition, now=now, positive=False, wide=True)
    assert people.annotate(t=grouped).values_list("t", flat=True).get() is value
    for wide in (False, True):
        assert people.filter(compile_condition(condition, now=now, wide=wide)).exists() is (value is True)
        opposite = {"not": condition}
        assert people.filter(compile_condition(opposite, now=now, wide=wide)).exists() is (value is False)
    assert explain(condition, contact_id=contact.pk, now=now)["truth"] is value
    for language in ("en", "de"):
        assert say(condition, language)
        assert say({"not": condition}, language) != say(condition, language)
    return value


def agree(contact, purpose="profiling", decision="granted", at=NOW):
    """Record what a contact said about a purpose, and the state that follows."""
    row = Purpose.objects.get(slug=purpose)
    record = Record.objects.create(contact=contact, purpose=row, decision=decision, at=at, source="test")
    State.objects.update_or_create(
        contact=contact, purpose=row, defaults={"granted": decision == "granted", "since": at, "record": record}
    )


def happen(contact, name, *, hours=0, now=NOW, **properties):
    """Store an event of a contact some hours ago."""
    at = now - timedelta(hours=hours)
    number = Event.objects.count()
    return Event.objects.create(
        contact=contact, name=name, occurred_at=at, received_at=now, properties=properties, source="t", message_id=f"m{number}"
    )  # fmt: skip
