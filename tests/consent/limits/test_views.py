"""The pages of contact rules: sentences, editing with errors and nothing lost, the effect, switching, holdouts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import Holdout, Limit, QuietHours, Rest
from contacts.models import Contact
from orchestrator.kernel.access import PRIVACY_GROUP, SALES_GROUP

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
LIMIT = {
    "name_en": "Three a week", "name_de": "Drei je Woche", "per": "person", "who": "", "channel": "email", "purpose": "",
    "phase": "", "most": "3", "calendar": "", "span": "7", "unit": "days", "overflow": "drop", "lookahead_hours": "0", "active": "on",
}  # fmt: skip
QUIET = {"starts": "21:00", "ends": "08:00", "weekdays": ["1", "2"], "channel": "", "country": "de", "active": "on"}
REST = {"name_en": "Rest", "name_de": "Ruhe", "phase": "", "hours": "72", "active": "on"}
GIVEN = {"limits": LIMIT, "quiet": QUIET, "rests": REST}
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def page(client, db):
    client.force_login(User.objects.create_user("mara"))
    Limit.objects.all().delete()
    return client


@pytest.mark.parametrize(("group", "status"), [(None, 200), (PRIVACY_GROUP, 200), (SALES_GROUP, 403)])
def test_contact_rules_is_for_marketing_and_privacy(client, group, status):
    user = User.objects.create_user("kim")
    if group:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    client.force_login(user)
    assert client.get(reverse("contact_rules")).status_code == status
    assert client.post(reverse("rule_new", args=["limits"]), LIMIT).status_code == (302 if status == 200 else status)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("limits", "At most 3 messages by e-mail in 7 days; what is more is dropped."),
        ("quiet", "Quiet from 21:00 to 08:00 at the person's place (Mon, Tue), in every channel to people in DE."),
        ("rests", "No marketing for 3 days after somebody has reached the goal of a journey."),
    ],
)
def test_rule_edit_new_makes_a_rule_that_the_list_says(page, kind, sentence):
    answer = page.post(reverse("rule_new", args=[kind]), GIVEN[kind])
    assert answer.status_code == 302, answer.context["form"].errors
    html = page.get(reverse("contact_rules")).content.decode().replace("&#x27;", "'")
    assert sentence in html


def test_rule_edit_of_a_limit_keeps_everything_it_says(page):
    page.post(reverse("rule_new", args=["limits"]), LIMIT | {"calendar": "month", "per": "account"})
    one = Limit.objects.get()
    assert (one.slug, one.calendar, one.window, one.who, one.per) == ("three-a-week", "month", timedelta(days=31), "", "account")  # fmt: skip
    html = page.get(reverse("rule_edit", args=["limits", one.pk]))
    given = {**LIMIT, "span": "36", "unit": "hours", "opened": html.context["form"].initial["opened"]}
    assert page.post(reverse("rule_edit", args=["limits", one.pk]), given).status_code == 302
    assert (Limit.objects.get().window, Limit.objects.get().calendar) == (timedelta(hours=36), "")
    shown = page.get(reverse("rule_edit", args=["limits", one.pk])).context["form"].initial
    assert (shown["span"], shown["unit"]) == (36, "hours")


def test_rule_edit_of_a_limit_per_company_is_for_everybody(page):
    answer = page.post(reverse("rule_new", args=["limits"]), LIMIT | {"who": "less", "per": "account"})
    assert "counts everybody who works there" in answer.context["form"].errors["who"][0]
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        ("limits", "most", "0", "greater than or equal to 1"),
        ("limits", "most", "-1", "greater than or equal to 1"),
        ("limits", "most", "three", "whole number"),
        ("limits", "span", "0", "greater than or equal to 1"),
        ("limits", "span", "", "A sliding window needs a length"),
        ("limits", "span", "400", "At most a year."),
        ("limits", "lookahead_hours", "-2", "greater than or equal to 0"),
        ("limits", "channel", "pigeon", "Select a valid choice"),
        ("limits", "purpose", "nobody", "Select a valid choice"),
        ("limits", "name_en", "", "This field is required"),
        ("limits", "name_en", "!!!", "No short name can be made"),
        ("quiet", "ends", "21:00", "the same time"),
        ("quiet", "starts", "25:00", "valid time"),
        ("quiet", "country", "XX", "There is no country “XX”."),
        ("quiet", "weekdays", ["9"], "Select a valid choice"),
        ("rests", "hours", "0", "greater than or equal to 1"),
        ("rests", "hours", "9999999999", "less than or equal to"),
    ],
)  # fmt: skip
def test_rule_edit_of_bad_input_says_why_and_loses_nothing(page, kind, field, value, words):
    answer = page.post(reverse("rule_new", args=[kind]), GIVEN[kind] | {field: value})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert words in html
    for other in set(GIVEN[kind]) - {field}:
        assert answer.context["form"].data.get(other) == (GIVEN[kind][other] if isinstance(GIVEN[kind][other], str) else GIVEN[kind][other][-1])  # fmt: skip
    assert not any(model.objects.exists() for model in (Limit, QuietHours, Rest))


def test_rule_edit_of_a_name_that_is_taken_is_refused(page):
    page.post(reverse("rule_new", args=["limits"]), LIMIT)
    answer = page.post(reverse("rule_new", args=["limits"]), LIMIT | {"name_en": "three A week", "name_de": "Anders"})
    assert "There is already a rule of this name." in answer.content.decode()
    assert Limit.objects.count() == 1


def test_rule_edit_by_two_at_once_tells_the_second_one(page):
    page.post(reverse("rule_new", args=["limits"]), LIMIT)
    one = Limit.objects.get()
    at = reverse("rule_edit", args=["limits", one.pk])
    opened = page.get(at).context["form"].initial["opened"]
    assert page.post(at, LIMIT | {"most": "4", "opened": opened}).status_code == 302
    answer = page.post(at, LIMIT | {"most": "5", "opened": opened})
    assert "Somebody else has saved this rule meanwhile." in answer.content.decode()
    assert Limit.objects.get().most == 4
    again = LIMIT | {"most": "5", "opened": answer.context["form"].data["opened"]}
    assert page.post(at, again).status_code == 302
    assert Limit.objects.get().most == 5


def test_rule_effect_is_shown_before_saving_and_without_a_name(page):
    given = LIMIT | {"name_en": "", "name_de": ""}
    answer = page.post(reverse("rule_new_effect", args=["limits"]), given, **HTMX)
    html = answer.content.decode()
    assert html.startswith('<section class="card rule-effect" id="rule-effect"')
    assert "At most 3 messages by e-mail in 7 days" in html
    assert "No message of this kind went out in this time." in html
    assert not Limit.objects.exists()
    whole = page.post(reverse("rule_new_effect", args=["limits"]), given).content.decode()
    assert "<html" in whole
    assert 'value="7"' in whole


def test_rule_effect_of_bad_input_says_what_is_wrong(page):
    html = page.post(reverse("rule_new_effect", args=["quiet"]), QUIET | {"ends": "21:00"}, **HTMX).content.decode()
    assert "From and to are the same time" in html


def test_rule_edit_warns_of_quiet_hours_that_never_end(page):
    QuietHours.objects.create(starts="08:00", ends="21:00")
    given = {"starts": "21:00", "ends": "08:00", "channel": "", "country": "", "active": "on"}
    effect = page.post(reverse("rule_new_effect", args=["quiet"]), given, **HTMX).content.decode()
    assert "nothing would ever go out" in effect
    page.post(reverse("rule_new", args=["quiet"]), given)
    assert "The quiet hours together never end" in page.get(reverse("contact_rules")).content.decode()


def test_contact_rules_warns_of_a_limit_that_lets_nothing_through(page):
    Limit.objects.create(slug="none", name_en="None", name_de="Keine", most=0, window=timedelta(days=1))
    assert "This limit lets nothing through, ever." in page.get(reverse("contact_rules")).content.decode()


def test_rule_switch_and_delete(page):
    page.post(reverse("rule_new", args=["rests"]), REST)
    one = Rest.objects.get()
    page.post(reverse("rule_switch", args=["rests", one.pk]), {"active": "no"})
    assert not Rest.objects.get().active
    assert "switched off" in page.get(reverse("contact_rules")).content.decode()
    page.post(reverse("rule_switch", args=["rests", one.pk]), {"active": "yes"})
    assert Rest.objects.get().active
    page.post(reverse("rule_delete", args=["rests", one.pk]))
    assert not Rest.objects.exists()
    assert page.post(reverse("rule_delete", args=["rests", one.pk])).status_code == 404
    assert page.get(reverse("rule_new", args=["pigeons"])).status_code == 404


def test_contact_rules_shows_the_next_holidays_of_the_countries_in_use(page):
    Contact.objects.create(external_id="a", country="AT", created_at=NOW, updated_at=NOW)
    QuietHours.objects.create(starts="21:00", ends="08:00", holidays=True)
    context = page.get(reverse("contact_rules")).context
    assert {one.country for one in context["holidays"]} == {"AT"}
    assert len(context["holidays"]) == 3


def test_holdout_new_draws_and_ends(page):
    Contact.objects.bulk_create([Contact(external_id=f"p{n}", created_at=NOW, updated_at=NOW) for n in range(200)])
    given = {"name_en": "Control", "name_de": "Kontrolle", "share": "50", "journey": "", "walks": "no"}
    assert page.post(reverse("holdout_new"), given).status_code == 302
    one = Holdout.objects.get()
    assert (one.buckets, one.walks, one.journey) == (5_000, False, "")
    html = page.get(reverse("contact_rules")).content.decode()
    assert f"{one.members.count()} people since" in html
    page.post(reverse("holdout_end", args=[one.pk]))
    assert not Holdout.objects.get().active
    assert "has ended already" in page.post(reverse("holdout_end", args=[one.pk]), follow=True).content.decode()


@pytest.mark.parametrize(("share", "words"), [("0", "greater than or equal to 0.01"), ("-1", "greater"), ("51", "less than or equal to 50"), ("two", "Enter a number")])  # fmt: skip
def test_holdout_new_with_a_bad_share_says_so(page, share, words):
    given = {"name_en": "Control", "name_de": "Kontrolle", "share": share, "journey": "", "walks": "yes"}
    assert words in page.post(reverse("holdout_new"), given).content.decode()
    assert not Holdout.objects.exists()


def test_contact_rules_asks_the_same_number_of_times_for_many_rules(page):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as found:
            page.get(reverse("contact_rules"))
        return len(found)

    QuietHours.objects.create(starts="21:00", ends="08:00", holidays=True)
    Limit.objects.create(slug="a", name_en="a", name_de="a", most=1, window=timedelta(days=1))
    before = asked()
    for n in range(5):
        Limit.objects.create(slug=f"l{n}", name_en=f"l{n}", name_de=f"l{n}", most=1, window=timedelta(days=1))
        QuietHours.objects.create(starts="21:00", ends="08:00", country="AT")
        Rest.objects.create(slug=f"r{n}", name_en=f"r{n}", name_de=f"r{n}", hours=1)
    assert asked() == before
