"""The plan of a new sender, and what DNS has to say."""

from datetime import date, timedelta

import pytest

from orchestrator.channels.senders.rules import NotLookedUp, checked, days_of, lines_for, most_on, selectors_in

BEGUN = date(2026, 3, 2)


def test_most_on_doubles_each_day_until_the_ceiling():
    plan = [most_on(BEGUN + timedelta(days=n), begun=BEGUN, first=50, ceiling=500) for n in range(6)]
    assert plan == [50, 100, 200, 400, None, None]
    assert days_of(begun=BEGUN, first=50, ceiling=500) == 4
    assert most_on(BEGUN - timedelta(days=1), begun=BEGUN, first=50, ceiling=500) == 0
    assert most_on(BEGUN, begun=None, first=50, ceiling=500) is None
    assert most_on(BEGUN + timedelta(days=99_999), begun=BEGUN, first=1, ceiling=2**31 - 1) is None


def test_selectors_in_reads_words_and_names_what_is_none():
    assert selectors_in(" s1, s2;s1\nbrevo-1 ") == ["s1", "s2", "brevo-1"]
    for wrong in ("s1 -x", "a/b", "ü", '"', "x" * 70):
        with pytest.raises(ValueError, match=r"."):
            selectors_in(wrong)


def lines(**more):
    given = {
        "selectors": ["s1"],
        "provider": "sendgrid",
        "server": "",
        "bounces": "",
        "reports": "a@nordlicht.example",
    } | more
    return lines_for("nordlicht.example", **given)


def test_lines_for_a_provider_and_for_a_server():
    assert [(one.kind, one.name, one.record) for one in lines()] == [
        ("SPF", "nordlicht.example", "TXT"), ("DKIM", "s1._domainkey.nordlicht.example", "TXT"), ("DMARC", "_dmarc.nordlicht.example", "TXT"),
    ]  # fmt: skip
    assert lines()[0].value == "v=spf1 include:sendgrid.net ~all"
    own = lines(provider="", server="mail.nordlicht.example", bounces="bounces.nordlicht.example", selectors=[])
    assert [(one.kind, one.name) for one in own] == [
        ("SPF", "bounces.nordlicht.example"), ("MX", "bounces.nordlicht.example"), ("DMARC", "_dmarc.nordlicht.example"),
    ]  # fmt: skip
    assert own[0].value == "v=spf1 a:mail.nordlicht.example ~all"


def look(records):
    def lookup(name, record):
        found = records.get((name, record), [])
        if found is None:
            raise NotLookedUp("Timeout")
        return found

    return lookup


SPF, DKIM, DMARC = (
    ("nordlicht.example", "TXT"), ("s1._domainkey.nordlicht.example", "TXT"), ("_dmarc.nordlicht.example", "TXT"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "records", "code"),
    [
        (SPF, ["google-site=1", "v=spf1 include:sendgrid.net ~all"], "there"),
        (SPF, ["V=SPF1 ip4:192.0.2.1 INCLUDE:sendgrid.net -all"], "there"),
        (SPF, ["v=spf1 include:mailgun.org ~all"], "not_named"),
        (SPF, ["v=spf1 include:sendgrid.net ~all", "v=spf1 mx -all"], "several"),
        (SPF, ["v=spf1 include:sendgrid.net +all"], "everybody"),
        (SPF, ["v=spf10 include:sendgrid.net"], "missing"),
        (SPF, [], "missing"),
        (SPF, None, "not_looked_up"),
        (DKIM, ["v=DKIM1; k=rsa; p=MIGfMA0"], "there"),
        (DKIM, ["p=MIGfMA0"], "there"),
        (DKIM, ["v=DKIM1; p="], "revoked"),
        (DKIM, ["v=DKIM1; p=; t=s"], "revoked"),
        (DKIM, ["something"], "missing"),
        (DMARC, ["v=DMARC1; p=reject; rua=mailto:a@b.example"], "there"),
        (DMARC, ["v=DMARC1;p=none"], "only_watches"),
        (DMARC, ["v=DMARC1; sp=reject"], "no_policy"),
        (DMARC, ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "several"),
        (DMARC, ["text"], "missing"),
    ],
)
def test_checked_says_what_is_wrong_with_a_record(where, records, code):
    found = {(one.line.name, one.line.record): one for one in checked(lines(), look({where: records}))}
    assert found[where].code == code


def test_checked_looks_above_for_dmarc():
    below = lines_for(
        "mail.nordlicht.example", selectors=[], provider="sendgrid", server="", bounces="", reports="a@b.example"
    )
    found = checked(below, look({("_dmarc.nordlicht.example", "TXT"): ["v=DMARC1; p=reject"]}))
    assert [one.code for one in found] == ["missing", "there"]
