"""B5: the purposes are kept apart. All 16 combinations of agreeing to mail, profiling, third parties and the open pixel."""

from collections import namedtuple
from itertools import compress, product

import pytest

from consent.models import Purpose
from consent.purposes.models import Purpose as P
from contacts.conditions.language import compile_condition
from contacts.events.operations import NewEvent, record_events
from contacts.models import Contact, Score, ScoreRule, ScoreValue, Segment, SegmentMember
from contacts.scores.operations import compute_scores
from journeys.models import Touch
from journeys.steps.audience import KIND
from orchestrator.channels.audiences.models import Audience
from orchestrator.channels.audiences.operations import sync_audiences
from orchestrator.channels.models import Link
from orchestrator.channels.operations import deliver_touches
from orchestrator.kernel.scope import Scope
from tests.orchestrator.channels.audiences.conftest import meta, sha  # noqa: F401
from tests.orchestrator.channels.conftest import NOW, clock, smtp, world  # noqa: F401  the fixtures of a real mail

FOUR = ("email_marketing", "profiling", "third_party", "open_pixel")
Gone = namedtuple("Gone", "contact_id")
VIEWED = {"event": "pricing_viewed", "count": {"gte": 1}}


def bodies(mail):
    return "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")


@pytest.mark.django_db
@pytest.mark.parametrize("agreed", list(product((False, True), repeat=4)))
def test_b5_each_purpose_allows_its_own_features_and_no_other(world, smtp, meta, clock, agreed):  # noqa: F811
    mail, profiling, third_party, _ = agreed
    # the pixel as a topic of profiling: agreed to alone it allows nothing
    above = Purpose.objects.get(slug=P.PROFILING)
    Purpose.objects.create(slug="open_pixel", name_en="Opens", name_de="Öffnungen", kind="profiling", parent=above)
    anna = world.person(grant=tuple(compress(FOUR, agreed)))
    record_events(events=[NewEvent(anna.pk, "pricing_viewed", NOW, {}, "m1")], source="web", now=NOW)

    world.touch(anna)
    deliver_touches(now=clock)
    assert len(smtp.mails) == mail  # consent to mail alone is enough, and without it nothing goes out
    text = "".join(map(bodies, smtp.mails))
    assert text.count("https://track.example/o/") == (mail and profiling)
    assert ("https://track.example/c/" in text) == (mail and profiling)
    assert ("https://shop.example/help" in text) == (mail and not profiling)
    assert Link.objects.exists() == (mail and profiling)
    assert set(Touch.objects.values_list("state", "reason")) == {("sent", "") if mail else ("suppressed", "no_consent")}

    seen = Contact.objects.filter(compile_condition(VIEWED, now=NOW))
    assert seen.exists() == profiling
    assert not Contact.objects.filter(compile_condition({"not": VIEWED}, now=NOW)).exists()  # seen, or unknown

    score = Score.objects.create(slug="engagement", axis="engagement", name_en="E", name_de="E")
    ScoreRule.objects.create(
        score=score, name_en="R", name_de="R", position=0, event={"event": "pricing_viewed"}, points=5
    )
    compute_scores(now=NOW, scope=Scope())
    assert bool(ScoreValue.objects.filter(contact=anna, value__gt=0)) == profiling

    ads = Segment.objects.create(slug="ads", kind="fixed", name_en="Ads", name_de="Ads")
    step = namedtuple("Step", "pk settings")(1, {"list": "ads", "action": "add"})
    KIND.afterwards(step, [Gone(anna.pk)], NOW)
    assert SegmentMember.objects.filter(segment=ads).exists() == third_party
    KIND.afterwards(step._replace(settings={"list": "ads", "action": "remove"}), [Gone(anna.pk)], NOW)
    assert not SegmentMember.objects.filter(segment=ads).exists()

    SegmentMember.objects.create(segment=ads, contact=anna, since=NOW)  # however she came onto the list
    Audience.objects.create(
        slug="ads",
        destination="meta",
        people=ads,
        remote_list="77",
        purpose=Purpose.objects.get(slug=P.THIRD_PARTY),
        next_at=NOW,
        created_at=NOW,
    )
    sync_audiences(now=lambda: NOW)
    assert meta.inside() == ({sha("anna@mail.example")} if third_party else set())
    assert bool(meta.calls) == third_party
