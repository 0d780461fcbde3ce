"""Definitions and values go together: nothing is lost, nothing is added silently, nothing is kept too long."""

from datetime import timedelta

import pytest

from contacts.attributes import operations
from contacts.attributes.drafts import Draft
from contacts.attributes.models import ApartValue, Attribute
from contacts.attributes.operations import (
    DoesNotFit,
    InvalidAttribute,
    StillUsed,
    adopt_key,
    define_attributes,
    delete_attribute,
    expire_values,
    ignore_key,
    remove_values,
    save_attribute,
    take_over_values,
)
from contacts.events.models import News
from contacts.profiles.models import Contact
from contacts.profiles.operations import NewContact, upsert_contacts
from contacts.segments.models import Segment
from journeys.content.models import Block, Variant
from tests.contacts.attributes.made import NOW, define

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def arrive(now=NOW, source="crm", **people):
    """Say attributes of people by their external id; returns the warnings."""
    told = []
    given = [NewContact(name, attributes=attributes) for name, attributes in people.items()]
    upsert_contacts(people=given, now=now, source=source, warn=lambda place, key, said: told.append((place, key, said)))
    return told


def attributes(name="a"):
    return Contact.objects.get(external_id=name).attributes


def since(name="a"):
    return Contact.objects.get(external_id=name).attributes_at


def heard():
    """Who has news of the profile."""
    ids = News.objects.filter(name="profile").values("contact_id")
    return list(Contact.objects.filter(pk__in=ids).order_by("external_id").values_list("external_id", flat=True))


def apart():
    return list(ApartValue.objects.order_by("key", "contact__external_id").values_list("key", "value", "source", "at"))


def test_upsert_contacts_known_values_get_their_form_and_their_time():
    define("age", "whole")
    define("seen", "instant")
    assert arrive(a={"age": 40.0, "seen": "2026-05-04T12:00:00+02:00"}) == []
    assert attributes() == {"age": 40, "seen": "2026-05-04T10:00:00+00:00"}
    assert since() == {"age": NOW.isoformat(), "seen": NOW.isoformat()}
    arrive(LATER, a={"age": 41, "seen": "2026-05-04T10:00:00Z"})
    assert since() == {"age": LATER.isoformat(), "seen": NOW.isoformat()}
    arrive(LATER, a={"age": None})
    assert (attributes(), set(since())) == ({"seen": "2026-05-04T10:00:00+00:00"}, {"seen"})
    assert apart() == []


def test_upsert_contacts_unknown_and_unfit_values_are_kept_apart_with_a_warning():
    define("age", "whole")
    told = arrive(a={"age": True, "agee": 3, "shoe": {"size": 42}}, b={"age": 5})
    assert told == [
        (0, "age", "expected a whole number, got true: kept apart"),
        (0, "agee", 'not defined (did you mean "age"?): kept apart'),
        (0, "shoe", "not defined: kept apart"),
    ]
    assert (attributes("a"), attributes("b")) == ({}, {"age": 5})
    assert apart() == [("age", True, "crm", NOW), ("agee", 3, "crm", NOW), ("shoe", {"size": 42}, "crm", NOW)]


def test_upsert_contacts_of_values_kept_apart_the_last_wins_and_null_takes_away():
    arrive(a={"x": 1, "y": 1})
    arrive(LATER, a={"x": 2, "y": 1})
    assert apart() == [("x", 2, "crm", LATER), ("y", 1, "crm", NOW)]
    arrive(LATER, a={"x": None})
    assert [key for key, *_ in apart()] == ["y"]


def test_upsert_contacts_apart_values_alone_are_no_news():
    arrive(a={"x": 1})
    News.objects.all().delete()
    arrive(LATER, a={"x": 2})
    assert not News.objects.exists()
    assert Contact.objects.get().updated_at == NOW


def test_upsert_contacts_two_rows_of_one_person_keep_both_apart():
    upsert_contacts(
        people=[NewContact("a", attributes={"x": 1, "y": 1}), NewContact("a", attributes={"x": 2})],
        now=NOW,
        source="crm",
    )
    assert [(key, value) for key, value, *_ in apart()] == [("x", 2), ("y", 1)]


def test_upsert_contacts_of_another_source_is_kept_apart():
    define("score", "number", source="erp")
    assert arrive(a={"score": 1}) == [(0, "score", "comes from erp only: kept apart")]
    assert arrive(a={"score": 2}, source="erp") == []
    assert attributes() == {"score": 2}


def test_upsert_contacts_special_key_is_noted_without_its_value():
    told = arrive(a={"religion": "x", "password": "secret"})
    assert [said for *_, said in told] == [
        "not defined, and names religion or belief: only the name is kept",
        "not defined, and names a secret: only the name is kept",
    ]
    assert [(key, value) for key, value, *_ in apart()] == [("password", None), ("religion", None)]
    adopt_key(draft=Draft("religion", sensitive=True, purpose="church tax"), now=NOW)
    assert attributes() == {}
    assert [key for key, *_ in apart()] == ["password"]
    arrive(a={"religion": "none"})
    assert attributes() == {"religion": "none"}


def test_upsert_contacts_names_that_no_key_can_have_are_not_kept():
    told = arrive(a={"": 1, "x" * 201: 1, "a\nb": 1, "nul": "a\x00"})
    assert len(told) == 4
    assert apart() == []


def test_upsert_contacts_thousands_of_unknown_keys_are_quick():
    for n in range(50):
        define(f"attribute_{n}")
    told = arrive(a={f"atribute_{n}": n for n in range(3000)})
    assert sum("did you mean" in said for *_, said in told) == 20
    assert ApartValue.objects.count() == 3000


def test_save_attribute_says_what_is_wrong():
    define("age", "whole")
    with pytest.raises(InvalidAttribute, match="key: age is defined already"):
        save_attribute(draft=Draft("age"), now=NOW)
    with pytest.raises(InvalidAttribute, match="GDPR Art"):
        save_attribute(draft=Draft("krankenstand"), now=NOW)
    with pytest.raises(InvalidAttribute, match="fixed field"):
        save_attribute(draft=Draft("email"), now=NOW)
    made = save_attribute(draft=Draft("tier", name_de="Stufe"), now=NOW)
    assert (made.name_en, made.name_de) == ("Stufe", "Stufe")


def test_save_attribute_type_changes_only_when_every_value_fits():
    one = define("n", "number")
    arrive(a={"n": 1.0}, b={"n": 2.5}, c={"n": 2.5})
    with pytest.raises(DoesNotFit) as misfit:
        save_attribute(draft=Draft("other", "whole"), attribute_id=one.pk, now=LATER)
    assert (misfit.value.people, misfit.value.example) == (2, "2.5")
    one.refresh_from_db()
    assert one.kind == "number"
    arrive(b={"n": 2}, c={"n": None})
    News.objects.all().delete()
    save_attribute(draft=Draft("other", "whole"), attribute_id=one.pk, now=LATER)
    one.refresh_from_db()
    assert (one.key, one.kind, attributes("a"), attributes("b")) == ("n", "whole", {"n": 1}, {"n": 2})
    assert heard() == ["a"]  # 1.0 became 1


def test_save_attribute_choice_that_somebody_has_stays():
    one = define("tier", "choice", choices=["gold", "std"])
    arrive(a={"tier": "std"})
    gold = ({"value": "gold", "en": "Gold", "de": "Gold"},)
    with pytest.raises(DoesNotFit):
        save_attribute(draft=Draft("tier", "choice", choices=gold), attribute_id=one.pk, now=NOW)
    more = tuple({"value": value, "en": value, "de": value} for value in ("gold", "std", "new"))
    save_attribute(draft=Draft("tier", "choice", choices=more), attribute_id=one.pk, now=NOW)
    save_attribute(draft=Draft("tier", "text"), attribute_id=one.pk, now=NOW)
    assert attributes() == {"tier": "std"}


def test_adopt_key_moves_what_fits_and_leaves_the_rest():
    arrive(a={"seen": "2026-05-01T12:00:00+02:00"}, b={"seen": "yesterday"}, c={"seen": 5})
    News.objects.all().delete()
    adoption = adopt_key(draft=Draft("seen", "instant"), now=LATER)
    assert (adoption.moved, adoption.left) == (1, 2)
    assert attributes("a") == {"seen": "2026-05-01T10:00:00+00:00"}
    assert since("a") == {"seen": NOW.isoformat()}  # since it is known, not since it is defined
    assert [value for _, value, *_ in apart()] == ["yesterday", 5]
    assert heard() == ["a"]
    assert Contact.objects.get(external_id="b").updated_at == NOW


def test_adopt_key_of_one_source_takes_its_values_only():
    arrive(a={"tier": "gold"})
    arrive(b={"tier": "gold"}, source="erp")
    adoption = adopt_key(draft=Draft("tier", source="erp"), now=NOW)
    assert (adoption.moved, adoption.left, attributes("a"), attributes("b")) == (1, 1, {}, {"tier": "gold"})


def test_adopt_key_of_very_many_goes_in_portions(monkeypatch):
    monkeypatch.setattr(operations, "PORTION", 2)
    arrive(**{f"p{n}": {"n": n if n else "x"} for n in range(6)})
    adoption = adopt_key(draft=Draft("n", "whole"), now=NOW)
    assert (adoption.moved, adoption.waiting, adoption.left) == (2, 3, 1)
    assert [take_over_values(now=NOW) for _ in range(3)] == [2, 1, 0]
    assert [attributes(f"p{n}") for n in range(6)] == [{}, *({"n": n} for n in range(1, 6))]
    Attribute.objects.update(keep_days=1)
    assert [expire_values(now=LATER + timedelta(days=1)) for _ in range(4)] == [2, 2, 1, 0]


def test_adopt_key_more_people_take_no_more_statements(django_assert_num_queries):
    for n in (3, 300):
        arrive(**{f"p{n}-{i}": {f"key{n}": i} for i in range(n)})
        with django_assert_num_queries(10):  # four of them savepoints
            assert adopt_key(draft=Draft(f"key{n}", "whole"), now=NOW).moved == n


def test_ignore_key_drops_what_is_there_and_what_comes():
    arrive(a={"x": 1})
    assert ignore_key(key="x", now=NOW) == 1
    assert arrive(a={"x": 2}) == [(0, "x", "ignored by the team: not kept")]
    assert (apart(), attributes()) == ([], {})
    define("y")
    with pytest.raises(InvalidAttribute):
        ignore_key(key="y", now=NOW)
    save_attribute(draft=Draft("x", "whole"), attribute_id=Attribute.objects.get(key="x").pk, now=NOW)
    assert arrive(a={"x": 3}) == []
    assert attributes() == {"x": 3}


def test_delete_attribute_takes_every_value_away():
    one = define("n", "whole")
    arrive(a={"n": 1}, b={"n": "x"}, c={})
    News.objects.all().delete()
    assert delete_attribute(attribute_id=one.pk, now=LATER) == (1, False)
    assert (attributes("a"), since("a"), apart(), Attribute.objects.count()) == ({}, {}, [], 0)
    assert heard() == ["a"]


def test_delete_attribute_of_very_many_goes_in_portions(monkeypatch):
    monkeypatch.setattr(operations, "PORTION", 2)
    one = define("n", "whole")
    define("m", "whole")
    arrive(**{f"p{n}": {"n": n if n < 3 else "x", "m": 1} for n in range(6)})
    assert delete_attribute(attribute_id=one.pk, now=LATER) == (2, True)
    assert Attribute.objects.filter(key="n", state="leaving").exists()
    assert arrive(LATER, q={"n": 1}) == [(0, "n", "ignored by the team: not kept")]
    with pytest.raises(InvalidAttribute, match="n is being deleted"):
        adopt_key(draft=Draft("n", "whole"), now=LATER)
    with pytest.raises(InvalidAttribute, match="n is being deleted"):
        save_attribute(draft=Draft("n", "whole"), attribute_id=one.pk, now=LATER)
    with pytest.raises(InvalidAttribute, match="n is defined"):
        ignore_key(key="n", now=LATER)
    assert [remove_values(now=LATER) for _ in range(2)] == [False, False]
    assert [attributes(f"p{n}") for n in range(6)] == [{"m": 1}] * 6
    assert (apart(), list(Attribute.objects.values_list("key", flat=True))) == ([], ["m"])


def test_remove_values_without_any_to_remove_reads_nobody(django_assert_num_queries):
    with django_assert_num_queries(3):  # a savepoint around one question
        remove_values(now=NOW)


def test_delete_attribute_that_a_rule_or_a_text_names_is_refused():
    one, two = define("tier"), define("town")
    Segment.objects.create(slug="gold", name_en="Gold", name_de="Gold", condition={"attribute": "tier", "is": "gold"})
    block = Block.objects.create(slug="hello", phase="purchase", changed_at=NOW, name_en="Hello", name_de="Hallo")
    Variant.objects.create(block=block, language="en", subject="To {{ contact.attributes['town'] }}", body="Hi")
    with pytest.raises(StillUsed, match="segment gold"):
        delete_attribute(attribute_id=one.pk, now=NOW)
    with pytest.raises(StillUsed, match="content hello"):
        delete_attribute(attribute_id=two.pk, now=NOW)
    assert Attribute.objects.count() == 2


def test_define_attributes_leaves_those_that_are_there():
    define("n", "whole")
    define_attributes(drafts=[Draft("n", "text"), Draft("m", "number")], now=NOW)
    assert dict(Attribute.objects.values_list("key", "kind")) == {"n": "whole", "m": "number"}


def test_expire_values_removes_what_is_too_old():
    define("tier", keep_days=30)
    define("name")
    arrive(a={"tier": "gold", "name": "x"}, b={"tier": "gold"})
    arrive(NOW + timedelta(days=20), b={"tier": "std"})
    arrive(a={"tier": 5})  # does not fit: kept apart
    News.objects.all().delete()
    assert expire_values(now=NOW + timedelta(days=30)) == 0  # thirty days are not over before their end
    assert expire_values(now=NOW + timedelta(days=31)) == 1
    assert (attributes("a"), attributes("b"), apart()) == ({"name": "x"}, {"tier": "std"}, [])
    assert set(since("a")) == {"name"}
    assert heard() == ["a"]
    assert expire_values(now=NOW + timedelta(days=31)) == 0


def test_expire_values_without_a_note_counts_from_the_last_change_of_the_person():
    define("tier", keep_days=30)
    Contact.objects.create(external_id="a", attributes={"tier": "gold"}, created_at=NOW, updated_at=NOW)
    assert expire_values(now=NOW + timedelta(days=29)) == 0
    assert expire_values(now=NOW + timedelta(days=31)) == 1


def test_expire_values_without_any_limit_reads_nobody(django_assert_num_queries):
    define("tier")
    with django_assert_num_queries(3):  # and the savepoint
        expire_values(now=NOW)


def test_take_over_values_moves_what_is_defined_by_now():
    arrive(a={"n": 1, "m": 1}, b={"n": "x"})
    define("n", "whole")
    assert take_over_values(now=LATER) == 1
    assert (attributes("a"), attributes("b")) == ({"n": 1}, {})
    assert [key for key, *_ in apart()] == ["m", "n"]
    assert take_over_values(now=LATER) == 0


def test_take_over_values_does_not_replace_a_later_value():
    one = define("n", "whole")
    arrive(a={"n": "x"})
    arrive(LATER, a={"n": 5})
    save_attribute(draft=Draft("n", "number"), attribute_id=one.pk, now=LATER)
    assert take_over_values(now=LATER) == 0
    assert (attributes("a"), apart()) == ({"n": 5}, [])  # what a later one replaced is dropped
    arrive(LATER, a={"m": 1})
    ignore_key(key="m", now=LATER)
    ApartValue.objects.create(contact=Contact.objects.get(), key="m", value=1, source="late", at=LATER)
    take_over_values(now=LATER)
    assert apart() == []
