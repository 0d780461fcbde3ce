"""Audiences hold exactly those who agreed: additions, removals, every trouble of a platform, erasure, dead workers."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Purpose, Suppression
from consent.privacy import operations as privacy
from consent.privacy.restricting import set_restriction
from contacts.identity.operations import merge_contacts
from contacts.models import Contact, SegmentMember
from contacts.segments.lists import add_people, remove_people
from orchestrator.channels.audiences import operations
from orchestrator.channels.audiences.editing import set_state
from orchestrator.channels.audiences.models import Audience, AudienceBatch, AudienceMember, AudienceRun
from tests.orchestrator.channels.audiences.conftest import NOW, sha


def states():
    rows = AudienceMember.objects.order_by("id").values_list("contact__external_id", "state", "reason")
    return [tuple(row) for row in rows]


def last_run():
    return AudienceRun.objects.latest("id")


def mail(name):
    return sha(f"{name}@people.example")


def test_sync_google_sends_normalised_hashes_with_consent(ads, google):
    ads.person("anna", email="Jefferson.Loves+Ads@Gmail.com", phone="+49 170 1234567")
    ads.person("ben", email="b.en+x@people.example")
    ads.audience("google", manager="999")
    assert ads.sync() == {"done": 1}
    assert google.wrong == []
    assert google.inside() == {sha("jeffersonloves@gmail.com"), sha("+491701234567"), sha("b.en+x@people.example")}
    (body,) = google.bodies()
    assert body["destinations"][0]["loginAccount"] == {"accountType": "GOOGLE_ADS", "accountId": "999"}
    assert body["destinations"][0]["productDestinationId"] == "77"
    run = last_run()
    assert (run.added, run.removed, run.failed, run.refused, run.state) == (2, 0, 0, 0, "done")
    assert AudienceBatch.objects.get().remote_id == "request-1"
    audience = Audience.objects.get()
    assert (audience.members, audience.last_run_at, audience.claim) == (2, ads.now, None)


def test_sync_meta_hashes_as_meta_publishes_it(ads, meta):
    """Source: Meta, Customer Information Parameters: the hash of John_Smith@gmail.com."""
    ads.person("john", email=" John_Smith@gmail.com ", phone="+1 (650) 555-4444")
    ads.audience("meta")
    assert ads.sync() == {"done": 1}
    assert meta.wrong == []
    published = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    assert meta.inside() == {published, sha("16505554444")}
    ((method, path, headers, _),) = meta.calls
    assert (method, path) == ("POST", "/v25.0/77/users")
    assert headers["Authorization"] == "Bearer EAAB"
    (body,) = meta.bodies()
    assert body["session"]["batch_seq"] == 1
    assert body["session"]["last_batch_flag"] is True
    assert body["session"]["estimated_num_total"] == 1


@pytest.mark.parametrize("platform", ["google", "meta"])
def test_sync_after_a_withdrawal_removes_the_person_and_the_hash_is_forgotten(ads, platform, request):
    there = request.getfixturevalue(platform)
    anna, _ben = ads.person("anna", phone="+491701234567"), ads.person("ben")
    ads.audience(platform)
    ads.sync()
    assert mail("anna") in there.inside()
    ads.says(anna, "third_party", "withdrawn")
    assert ads.sync() == {"done": 1}
    assert there.inside() == {mail("ben")}
    assert states() == [("anna", "gone", "withdrawn"), ("ben", "in", "")]
    gone = AudienceMember.objects.get(contact=anna)
    assert (gone.email_hash, gone.phone_hash) == ("", "")
    assert (last_run().added, last_run().removed) == (0, 1)
    assert last_run().kept_out == {"withdrawn": 1}
    calls = len(there.calls)
    assert ads.sync() == {"done": 1}  # nothing is said twice
    assert len(there.calls) == calls


def test_sync_takes_who_withdrew_off_the_list_itself(ads, meta):
    anna = ads.person("anna")
    never = ads.person("never", grant=())
    ads.audience("meta")
    ads.sync()
    ads.says(anna, "third_party", "withdrawn")
    ads.sync()
    assert list(SegmentMember.objects.filter(segment=ads.list).values_list("contact_id", flat=True)) == [never.pk]


def test_sync_of_people_without_consent_says_nothing_and_counts_why(ads, meta):
    ads.person("never", grant=())
    ads.person("other", grant=("email_marketing", "profiling"))
    ads.says(ads.person("no", grant=()), "third_party", "refused")
    ads.person("nowhere", email="", phone="")
    ads.person("silent", phone="+491701234567")
    Suppression.objects.create(channel="email", address="silent@people.example", reason="objected", since=NOW)
    set_restriction(contact_ids=[ads.person("closed").pk], on=True, now=NOW)
    ads.audience("meta")
    assert ads.sync() == {"done": 1}
    assert meta.calls == []
    assert last_run().kept_out == {
        "no_consent": 2, "withdrawn": 1, "no_address": 1, "suppressed": 1, "restricted": 1,
    }  # fmt: skip
    assert Audience.objects.get().kept_out == last_run().kept_out
    assert states() == []


@pytest.mark.parametrize("how", ["restricted", "suppressed", "left", "changed", "twin"])
def test_sync_removes_who_may_no_longer_be_in(ads, meta, how):
    anna = ads.person("anna")
    ads.audience("meta")
    ads.sync()
    if how == "restricted":
        set_restriction(contact_ids=[anna.pk], on=True, now=ads.now)
    elif how == "suppressed":
        Suppression.objects.create(channel="email", address=anna.email, reason="complained", since=ads.now)
    elif how == "left":
        remove_people(segment=ads.list, contact_ids=[anna.pk], now=ads.now)
    elif how == "twin":  # the same address, and there somebody says no
        ads.says(ads.person("twin", email=anna.email, grant=(), listed=False), "third_party", "refused")
    else:
        Contact.objects.filter(pk=anna.pk).update(email="new@people.example")
    assert ads.sync() == {"done": 1}
    assert meta.inside() == ({mail("new")} if how == "changed" else set())
    assert states()[0][1:] == ("gone", "same_address" if how == "twin" else how)


def test_sync_leaves_the_address_that_somebody_else_has_who_agreed(ads, google):
    ads.person("anna", email="both@people.example", phone="+491701111111")
    ben = ads.person("ben", email="both@people.example", phone="+491702222222")
    ads.audience("google")
    ads.sync()
    remove_people(segment=ads.list, contact_ids=[ben.pk], now=ads.now)
    assert ads.sync() == {"done": 1}
    assert google.inside() == {mail("both"), sha("+491701111111")}
    assert google.wrong == []


def test_sync_of_a_purpose_that_is_not_for_third_parties_hands_nobody_over(ads, meta):
    ads.person("anna", grant=("third_party", "email_marketing"))
    ads.audience("meta", purpose=Purpose.objects.get(slug="email_marketing"))
    ads.sync()
    assert meta.calls == []


def test_sync_when_the_purpose_is_switched_off_takes_everybody_off(ads, meta):
    ads.person("anna")
    ads.audience("meta")
    ads.sync()
    Purpose.objects.filter(slug="third_party").update(active=False)
    ads.sync()
    assert meta.inside() == set()


def test_sync_asks_again_at_the_call_so_that_a_withdrawal_after_the_plan_counts(ads, meta, monkeypatch):
    anna, _ben = ads.person("anna"), ads.person("ben")
    ads.audience("meta")
    plan = operations._plan

    def then_withdraws(audience, now):
        out = plan(audience, now)
        ads.says(anna, "third_party", "withdrawn")
        return out

    monkeypatch.setattr(operations, "_plan", then_withdraws)
    ads.sync()
    assert meta.inside() == {mail("ben")}
    monkeypatch.setattr(operations, "_plan", plan)
    ads.sync()
    assert states() == [("anna", "gone", "withdrawn"), ("ben", "in", "")]
    assert len(meta.calls) == 1  # what was never sent needs no removal


def test_erased_person_is_removed_at_the_platform_and_forgotten_then(ads, meta):
    anna = ads.person("anna")
    ads.audience("meta")
    ads.sync()
    privacy.erase_contact(contact_id=anna.pk, why="test", now=ads.now)
    row = AudienceMember.objects.get()
    assert (row.contact_id, row.email_hash) == (None, mail("anna"))  # it has to be said still
    meta.script = [(503, {}, {})]
    assert ads.sync() == {"failed": 1}
    assert AudienceMember.objects.get().email_hash == mail("anna")
    assert ads.sync() == {"done": 1}
    assert meta.inside() == set()
    row = AudienceMember.objects.get()
    assert (row.state, row.reason, row.email_hash, row.phone_hash) == ("gone", "erased", "", "")


def test_merged_person_is_removed_unless_the_survivor_has_the_address(ads, meta):
    anna, old = ads.person("anna"), ads.person("old")
    ads.audience("meta")
    ads.sync()
    merge_contacts(survivor_id=anna.pk, loser_id=old.pk, why="test", by="test", now=ads.now)
    ads.sync()
    assert meta.inside() == {mail("anna")}


def test_pause_adds_nobody_and_goes_on_removing_and_end_takes_everybody_off(ads, meta):
    anna = ads.person("anna")
    audience = ads.audience("meta")
    ads.sync()
    set_state(audience_id=audience.pk, state="paused", now=ads.now)
    ads.person("ben"), ads.says(anna, "third_party", "withdrawn")
    ads.sync()
    assert meta.inside() == set()
    set_state(audience_id=audience.pk, state="active", now=ads.now)
    ads.sync()
    assert meta.inside() == {mail("ben")}
    set_state(audience_id=audience.pk, state="ended", now=ads.now)
    ads.sync()
    assert meta.inside() == set()
    assert states()[-1] == ("ben", "gone", "ended")


TROUBLE = {
    "429": (429, {}, {"Retry-After": "1800"}, "again", 1800),
    "500": (500, {"error": {"message": "An unknown error occurred", "code": 1}}, {}, "again", 60),
    "401": (401, {"error": {"message": "Session has expired", "code": 190}}, {}, "again", 60),
    "302": (302, {}, {"Location": "http://127.0.0.1:1/"}, "again", 60),
    "too many": (400, {"error": {"message": "There have been too many calls", "code": 80003}}, {}, "again", 60),
    "400": (400, {"error": {"message": "Invalid parameter", "code": 100}}, {}, "failed", 60),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_sync_when_the_platform_refuses_keeps_its_words_and_comes_again(ads, meta, case):
    status, body, headers, state, wait = TROUBLE[case]
    ads.person("anna")
    ads.audience("meta")
    meta.script = [(status, body, headers)]
    assert ads.sync() == {"failed": 1}
    batch = AudienceBatch.objects.get()
    assert (batch.state, batch.size) == (state, 1)
    assert str(status) in batch.words
    assert body.get("error", {}).get("message", "") in batch.words
    assert (last_run().failed, last_run().words) == (1, batch.words)
    audience = Audience.objects.get()
    assert audience.failures == 1
    assert timedelta(seconds=wait) <= audience.next_at - ads.now <= timedelta(seconds=wait * 1.25)
    assert ads.sync(seconds=wait * 2) == {"done": 1}
    assert meta.inside() == {mail("anna")}
    assert Audience.objects.get().failures == 0


def test_sync_when_nobody_answers_comes_again(ads, meta, settings):
    ads.person("anna")
    ads.audience("meta")
    meta.close()
    assert ads.sync() == {"failed": 1}
    assert AudienceBatch.objects.get().state == "again"
    assert last_run().words == "no connection to this address"


def test_sync_where_the_answer_is_lost_sends_the_same_again_and_doubles_nothing(ads, google):
    ads.person("anna")
    ads.audience("google")
    lost = threading.Event()

    def hang_up():
        if not lost.is_set():
            lost.set()
            raise ConnectionError  # the handler ends without an answer

    google.before_answer = hang_up
    google.server.handle_error = lambda *args: None
    assert ads.sync() == {"failed": 1}
    assert ads.sync() == {"done": 1}
    assert google.inside() == {mail("anna")}
    assert AudienceMember.objects.count() == 1


def test_sync_with_a_refused_batch_goes_on_with_the_others(ads, google):
    for n in range(5):
        ads.person(f"p{n}")
    ads.audience("google")
    refusal = {"error": {"code": 400, "message": "There was a problem with the request.", "status": "INVALID_ARGUMENT"}}
    google.script = [(400, refusal, {})]
    assert ads.sync(batch=2) == {"partly": 1}
    assert [b.state for b in AudienceBatch.objects.all()] == ["failed", "done", "done"]
    assert (last_run().added, last_run().failed) == (3, 2)
    assert "INVALID_ARGUMENT There was a problem" in last_run().words
    assert ads.sync(batch=2) == {"done": 1}
    assert google.inside() == {mail(f"p{n}") for n in range(5)}


def test_sync_counts_entries_that_meta_does_not_recognise(ads, meta):
    ads.person("anna"), ads.person("ben")
    ads.audience("meta")
    meta.script = [(200, {"num_received": 2, "num_invalid_entries": 1, "session_id": "5"}, {})]
    assert ads.sync() == {"done": 1}
    assert (last_run().added, last_run().refused, last_run().words) == (2, 1, "1 entries not recognised")


def test_sync_after_a_worker_died_in_a_call_goes_on_with_the_same_run(ads, google, monkeypatch):
    for n in range(4):
        ads.person(f"p{n}")
    ads.audience("google")
    send, calls = operations.google_audience.send, []

    def dies(batch, token):
        answer = send(batch, token)
        calls.append(batch.number)
        if len(calls) == 2:
            raise SystemExit  # the platform has it, nobody has written that down
        return answer

    monkeypatch.setattr(operations.google_audience, "send", dies)
    with pytest.raises(SystemExit):
        ads.sync(batch=2)
    assert ads.sync(seconds=30) == {}  # somebody else may be at it still
    assert ads.sync(minutes=5) == {"done": 1}
    assert google.inside() == {mail(f"p{n}") for n in range(4)}
    assert [(b.number, b.state, b.size) for b in AudienceBatch.objects.all()] == [
        (1, "done", 2), (2, "unknown", 2), (3, "done", 2),
    ]  # fmt: skip
    assert AudienceRun.objects.count() == 1
    assert last_run().added == 4
    assert AudienceMember.objects.filter(state="in").count() == 4


def test_settle_after_the_lease_was_taken_over_changes_nothing(ads, google):
    ads.person("anna")
    audience = ads.audience("google")
    google.before_answer = None
    ads.now += timedelta(hours=1)
    held = operations._begin(audience_id=audience.pk, now=ads.now)
    taken = operations._take(held, kind="add", after=0, most=10, now=ads.now)
    later = ads.now + timedelta(minutes=4)
    other = operations._begin(audience_id=audience.pk, now=later)
    assert other.run.pk == held.run.pk
    assert operations._settle(held, taken, operations.Outcome("done"), later) is False
    assert operations._end(held, operations.Outcome("done"), later) == "claim_over"
    assert AudienceMember.objects.get().state == "adding"


def test_token_of_google_is_renewed_with_the_refresh_token(ads, google, settings):
    settings.GOOGLE_ADS_ACCESS_TOKEN, settings.GOOGLE_ADS_REFRESH_TOKEN = "", "refresh-1"
    settings.GOOGLE_ADS_CLIENT_ID, settings.GOOGLE_ADS_CLIENT_SECRET = "client", "secret"
    ads.person("anna")
    ads.audience("google")
    assert ads.sync() == {"done": 1}
    assert google.calls[1][2]["Authorization"] == "Bearer ya29.fresh"
    settings.GOOGLE_ADS_REFRESH_TOKEN = "expired"
    ads.person("ben")
    assert ads.sync() == {"failed": 1}
    assert "invalid_grant" in last_run().words


def test_sync_without_a_token_calls_nobody_and_says_so(ads, meta, settings):
    settings.META_ADS_TOKEN = ""
    ads.person("anna")
    ads.audience("meta")
    assert ads.sync() == {"failed": 1}
    assert meta.calls == []
    assert "META_ADS_TOKEN" in last_run().words


def test_sync_to_an_address_that_is_not_public_connects_to_nobody(ads, meta, settings):
    settings.AUDIENCE_ALLOW_PRIVATE = []
    ads.person("anna")
    ads.audience("meta")
    assert ads.sync() == {"failed": 1}
    assert meta.calls == []


def many(ads, n):
    Contact.objects.bulk_create(
        Contact(external_id=f"m{i}", email=f"m{i}@people.example", created_at=NOW, updated_at=NOW) for i in range(n)
    )
    ids = list(Contact.objects.filter(external_id__startswith="m").order_by("pk").values_list("pk", flat=True))
    purpose = Purpose.objects.get(slug="third_party").pk
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_record (contact_id, purpose_id, decision, at, source, wording, proof)"
            " SELECT id, %s, 'granted', %s, 'form', '', '{}' FROM contacts_contact WHERE id = ANY (%s)",
            [purpose, NOW, ids],
        )
        cursor.execute(
            "INSERT INTO consent_state (contact_id, purpose_id, granted, since, record_id)"
            " SELECT contact_id, purpose_id, true, at, id FROM consent_record WHERE contact_id = ANY (%s)"
            " ON CONFLICT DO NOTHING",
            [ids],
        )
    add_people(segment=ads.list, contact_ids=ids, now=NOW)
    return ids


def counted(queries):
    """Statements, without those that look after the planner's statistics."""
    return sum("ANALYZE" not in one["sql"] and "pg_class" not in one["sql"] for one in queries)


def test_sync_of_ten_thousand_takes_as_many_statements_as_of_two(ads, meta):
    ads.person("a"), ads.person("b")
    ads.audience("meta")
    with CaptureQueriesContext(connection) as few:
        ads.sync()
    ids = many(ads, 10_000)
    with CaptureQueriesContext(connection) as more:
        assert ads.sync() == {"done": 1}
    assert counted(more) == counted(few)
    assert len(meta.inside()) == 10_002
    remove_people(segment=ads.list, contact_ids=ids, now=ads.now)
    with CaptureQueriesContext(connection) as away:
        assert ads.sync() == {"done": 1}
    assert counted(away) == counted(few)
    assert len(meta.inside()) == 2
    assert meta.wrong == []


def test_sync_of_more_than_a_call_takes_makes_several_in_one_session(ads, meta):
    many(ads, 25)
    ads.audience("meta")
    assert ads.sync(batch=10) == {"done": 1}
    sessions = [body["session"] for body in meta.bodies()]
    assert [one["batch_seq"] for one in sessions] == [1, 2, 3]
    assert [one["last_batch_flag"] for one in sessions] == [False, False, True]
    assert [one["estimated_num_total"] for one in sessions] == [25, 25, 25]
    assert len({one["session_id"] for one in sessions}) == 1
    assert [len(body["payload"]["data"]) for body in meta.bodies()] == [10, 10, 5]


def test_segment_and_list_together_are_one_audience(ads, meta):
    from contacts.models import Segment

    anna, ben = ads.person("anna"), ads.person("ben", listed=False)
    segment = Segment.objects.create(
        slug="buyers", name_en="Buyers", name_de="Käufer", condition={"attribute": "country", "is": "DE"}
    )
    SegmentMember.objects.create(segment=segment, contact=ben, since=NOW)
    SegmentMember.objects.create(segment=segment, contact=anna, since=NOW)
    ads.audience("meta", segment=segment)
    ads.sync()
    assert meta.inside() == {mail("anna"), mail("ben")}
    assert last_run().added == 2
