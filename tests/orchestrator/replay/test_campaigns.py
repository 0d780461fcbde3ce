"""6,589 real sends through journeys, entry limits, limits and the arbiter: equal to a plain count over the files."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from consent.models import Limit
from contacts.models import Contact, Signal
from journeys.content.operations import import_blocks
from journeys.definitions.operations import import_journey
from journeys.models import Enrollment, Journey, Refusal, Touch
from tests.orchestrator.replay.test_real_logs import data, replay

pytestmark = [pytest.mark.replay, pytest.mark.django_db]
BEFORE = datetime(2016, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MAPPING = """
source: complete-journey-campaigns
contact:
  external_id: "household-{household_id}"
  email: "household-{household_id}@people.example"
event:
  name: campaign_started
  occurred_at: {column: start_date, format: "%Y-%m-%d", zone: UTC}
  message_id: [campaign_id, household_id]
  properties:
    campaign: {column: campaign_id, type: integer}
events:
  campaign_started: {kind: transaction, name: {en: Campaign started, de: Kampagne begonnen}}
consent: [profiling, email_marketing]
defaults: {language: en, country: US, time_zone: UTC}
"""


def names(text):
    return {"en": text, "de": text}


@pytest.fixture
def sends(tmp_path):
    """The sends in order of start date and number, as (campaign, household, type, start, end), and their file and mapping."""
    with gzip.open(data("complete_journey/campaign_descriptions.csv.gz"), "rt") as file:
        told = {row["campaign_id"]: row for row in csv.DictReader(file)}
    with gzip.open(data("complete_journey/campaigns.csv.gz"), "rt") as file:
        rows = [(int(row["campaign_id"]), row["household_id"]) for row in csv.DictReader(file)]
    found = []
    for campaign, household in rows:
        one = told[str(campaign)]
        start, end = date.fromisoformat(one["start_date"]), date.fromisoformat(one["end_date"])
        found.append((campaign, household, one["campaign_type"].removeprefix("Type "), start, end))
    found.sort(key=lambda row: (row[3], row[0]))
    with (tmp_path / "sends.csv").open("w") as file:
        write = csv.writer(file)
        write.writerow(["campaign_id", "household_id", "start_date"])
        write.writerows((row[0], row[1], row[3]) for row in found)
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    return found


def bring_campaigns(sends):
    """A journey a campaign: a message at the start, then in it until the end of its last day; lower numbers go first."""
    text = {"channel": "email", "language": "en", "subject": "Coupons", "body": "<mj-text>Coupons</mj-text>"}
    blocks = [{"slug": "coupons", "phase": "purchase", "name": names("Coupons"), "variants": [text, text | {"language": "de"}]}]  # fmt: skip
    import_blocks(blocks=blocks, now=BEFORE)
    for campaign, start, end in sorted({(row[0], row[3], row[4]) for row in sends}):
        hours = int((end - start + DAY) / timedelta(hours=1)) - 1  # over before the next day begins
        steps = [
            {"key": "mail", "kind": "send", "name": names("Mail"), "block": "coupons", "expires": "1d"},
            {"key": "run", "kind": "wait", "name": names("Running"), "for": f"{hours}h"},
            {"key": "end", "kind": "end", "name": names("End")},
        ]
        began = {"event": "campaign_started", "where": [{"property": "campaign", "is": campaign}], "within": "1d"}
        Signal.objects.create(slug=f"campaign-{campaign}", kind="lifecycle", condition=began, cooldown=DAY, holds_for=DAY, name_en=f"C{campaign}", name_de=f"C{campaign}")  # fmt: skip
        entry = {"signal": f"campaign-{campaign}", "reentry": "never"}
        journey = {"slug": f"campaign-{campaign}", "name": names(f"Campaign {campaign}"), "phase": "purchase", "priority": 100 - campaign, "entry": entry, "steps": steps}  # fmt: skip
        import_journey(definition=journey, now=BEFORE)
    return [f"campaign-{campaign}" for campaign in sorted({row[0] for row in sends})]


def run_through(sends, tmp_path):
    slugs = bring_campaigns(sends)
    found = replay(tmp_path / "sends.csv", str(tmp_path / "mapping.yaml"), *slugs)
    assert (found["rejected"], found["duplicates"], found["events"]) == (0, 0, len(sends))
    return found


def test_campaigns_with_one_open_journey_refuse_as_a_plain_count(sends, tmp_path, settings, capsys):
    settings.MOST_OPEN_JOURNEYS = 1
    until, expected, kinds = {}, Counter(), {}
    for campaign, household, kind, start, end in sends:
        kinds[f"campaign-{campaign}"] = kind
        if until.get(household, date.min) >= start:
            expected[kind] += 1
        else:
            until[household] = end
    found = run_through(sends, tmp_path)
    refused = Counter()
    for slug, reasons in found["refused"].items():
        assert set(reasons) == {"limit_open_journeys"}
        refused[kinds[slug]] += reasons["limit_open_journeys"]
    entered = sum(found["entered"].values())
    with capsys.disabled():
        print(f"\none open journey: {entered} entered, {sum(refused.values())} refused {dict(sorted(refused.items()))}")
    assert refused == expected
    assert (entered, dict(refused)) == (4_711, {"A": 823, "B": 801, "C": 254})
    assert (Enrollment.objects.count(), Refusal.objects.count()) == (4_711, 1_878)


def test_campaigns_with_one_touch_in_30_days_hold_back_as_a_plain_count(sends, tmp_path, capsys):
    Limit.objects.create(slug="month", name_en="One in 30 days", name_de="Eine in 30 Tagen", most=1, window=30 * DAY, overflow="drop")  # fmt: skip
    sent, expected = defaultdict(list), Counter()
    for _campaign, household, _kind, start, _end in sends:
        over = any(start - 30 * DAY < day <= start for day in sent[household])
        expected["suppressed" if over else "sent"] += 1
        if not over:
            sent[household].append(start)
    found = run_through(sends, tmp_path)
    touches = Counter()
    for states in found["touches"].values():
        for state, reasons in states.items():
            for reason, n in reasons.items():
                touches[state, reason] += n
    with capsys.disabled():
        print(f"\none touch in 30 days: {dict(touches)}")
    assert sum(found["entered"].values()) == len(sends) == 6_589
    assert (expected["sent"], expected["suppressed"]) == (5_010, 1_579)
    assert sorted(touches.values()) == [1_579, 5_010]
    assert touches["suppressed", "cap_month"] == 1_579
    assert Touch.objects.filter(state="suppressed").count() == 1_579
    # which ones, not only how many
    let_out = set(Touch.objects.filter(state="sent").values_list("contact__external_id", "proposed_at__date"))
    assert let_out == {(f"household-{household}", day) for household, days in sent.items() for day in days}
    assert Contact.objects.count() == len({row[1] for row in sends}) == 1_559
    assert Journey.objects.count() == 27
