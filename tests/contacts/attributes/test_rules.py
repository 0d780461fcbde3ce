"""Values of each type, as JSON and as texts of files; keys that nobody keeps without thought."""

from zoneinfo import ZoneInfo

import pytest

from contacts.attributes.drafts import Draft, draft_problems
from contacts.attributes.rules import Kind, Unfit, fits, guess_kind, parse, typed
from contacts.attributes.special import Special, special_of

TIERS = [{"value": "gold", "en": "Gold", "de": "Gold"}, {"value": "std", "en": "Standard", "de": "Normal"}]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "given", "form"),
    [
        ("text", "", ""),
        ("text", " Straße 1 ", " Straße 1 "),
        ("number", 5, 5),
        ("number", -0.5, -0.5),
        ("whole", 5, 5),
        ("whole", 5.0, 5),
        ("whole", -0.0, 0),
        ("yes_no", False, False),
        ("date", "2028-02-29", "2028-02-29"),
        ("instant", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("instant", "2026-03-01T10:00+02:00", "2026-03-01T08:00:00+00:00"),
        ("instant", "2026-03-01 10:00:00.250+0200", "2026-03-01T08:00:00.250000+00:00"),
        ("choice", "gold", "gold"),
        ("list", [], []),
        ("list", ["a", "b", "a"], ["a", "b"]),
    ],
)
def test_typed_fitting_value_gets_its_one_form(kind, given, form):
    found = typed(kind, given, TIERS if kind == "choice" else ())
    assert found == form
    assert type(found) is type(form)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("text", 5, "a text, got 5"),
        ("text", None, "a text, got null"),
        ("text", {"a": 1}, 'a text, got {"a": 1}'),
        ("text", "a\x00b", "a text"),
        ("text", "\ud800", "a text"),
        ("text", "x" * 10_001, "a text"),
        ("number", "5", 'a number, got "5"'),
        ("number", True, "a number, got true"),
        ("number", float("nan"), "a number"),
        ("number", float("inf"), "a number"),
        ("number", 10**15, "a number"),
        ("whole", True, "a whole number, got true"),
        ("whole", 5.5, "a whole number, got 5.5"),
        ("whole", "x", 'a whole number, got "x"'),
        ("whole", 2**63, "a whole number"),
        ("yes_no", 1, "true or false, got 1"),
        ("yes_no", "true", "true or false"),
        ("date", "2026-02-31", "a date like 2026-03-01"),
        ("date", "2027-02-29", "a date"),
        ("date", "0000-01-01", "a date"),
        ("date", "20260301", "a date"),
        ("date", "2026-03-01T00:00:00Z", "a date"),
        ("date", 20260301, "a date"),
        ("instant", "2026-03-01T10:00:00", "an instant with its offset"),
        ("instant", "2026-03-01T25:00:00Z", "an instant"),
        ("instant", "2026-03-01T10:00:60Z", "an instant"),
        ("instant", "0001-01-01T00:00:00+14:00", "an instant"),
        ("instant", "9999-12-31T23:59:59-14:00", "an instant"),
        ("instant", "2026-03-01T10:00:00+99:00", "an instant"),
        ("instant", "2026-03-01", "an instant"),
        ("choice", "Gold", 'one of gold, std, got "Gold"'),
        ("choice", ["gold"], "one of gold, std"),
        ("list", "a;b", "a list of texts"),
        ("list", ["a", 1], "a list of texts"),
        ("list", ["x"] * 201, "a list of texts"),
    ],
)
def test_typed_other_value_is_refused_with_what_was_expected(kind, given, expected):
    with pytest.raises(Unfit) as refused:
        typed(kind, given, TIERS if kind == "choice" else ())
    assert str(refused.value).startswith(f"expected {expected}")
    assert refused.value.say("de").startswith("erwartet: ")


def test_typed_list_with_choices_takes_nothing_else():
    assert typed("list", ["std", "gold"], TIERS) == ["std", "gold"]
    with pytest.raises(ValueError, match="one of gold, std"):
        typed("list", ["std", "silver"], TIERS)


def test_typed_of_an_unknown_type_is_an_error_of_ours():
    with pytest.raises(ValueError, match="'colour' is not a valid Kind"):
        typed("colour", "red")


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("5", ",", 5),
        ("1.234,5", ",", 1234.5),
        ("1,234.5", ".", 1234.5),
        ("1.234", ",", 1234),
        ("1.234", ".", 1.234),
        ("1,5", ",", 1.5),
        ("1 234 567,80", ",", 1234567.8),
        ("1\u00a0234,5", ",", 1234.5),
        ("12'345.60", ".", 12345.6),
        ("1’234", ",", 1234),
        ("-1,5", ",", -1.5),
        ("\u22125", ".", -5),
        ("+5", ".", 5),
        ("5,00", ",", 5),
        ("1.234,50 €", ",", 1234.5),
        ("$1,234.50", ".", 1234.5),
        ("EUR 12", ".", 12),
        ("007", ".", 7),
        (" 5 ", ".", 5),
    ],
)
def test_parse_number_as_people_write_it(text, decimal, number):
    found = parse("number", text, decimal)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1.5", ","),
        ("1,5", "."),
        ("1.23.456", ","),
        ("12.34.567", ","),
        ("1 234.567", ","),
        ("1,2,3", ","),
        ("", "."),
        ("-", "."),
        ("1e5", "."),
        ("NaN", "."),
        ("Infinity", "."),
        ("12 %", ","),
        ("12 kg", ","),
        ("0x10", "."),
        ("1_000", "."),
        ("١٢", "."),
        ("9" * 16, "."),
        ("9" * 5000, "."),
    ],
)
def test_parse_number_that_is_none_is_refused(text, decimal):
    if text == "١٢":  # digits of another script are numbers too
        assert parse("number", text, decimal) == 12
        return
    with pytest.raises(Unfit, match=r"expected a number like 1[.,]234[.,]5, got"):
        parse("number", text, decimal)


def test_parse_whole_number_has_no_fraction():
    assert parse("whole", "1.234,00", ",") == 1234
    with pytest.raises(Unfit, match='expected a whole number, got "1,5"'):
        parse("whole", "1,5", ",")


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("2026-03-01", None, "2026-03-01"),
        ("2026/3/1", None, "2026-03-01"),
        ("20260301", None, "2026-03-01"),
        ("1.3.2026", None, "2026-03-01"),
        ("01.03.2026", False, "2026-03-01"),
        ("1/3/2026", True, "2026-03-01"),
        ("3/1/2026", False, "2026-03-01"),
        ("01-03-2026", True, "2026-03-01"),
        ("25/3/2026", None, "2026-03-25"),
        ("3/25/2026", None, "2026-03-25"),
        ("3/3/2026", None, "2026-03-03"),
        ("1. März 2026", None, "2026-03-01"),
        ("1. Mai 2026", None, "2026-05-01"),
        ("24-Dez-2026", None, "2026-12-24"),
        ("Mar 1, 2026", None, "2026-03-01"),
        ("October 3 2026", None, "2026-10-03"),
        ("29.02.2028", None, "2028-02-29"),
        ("2026-03-01 00:00:00", None, "2026-03-01"),
        ("01.03.2026 0:00", None, "2026-03-01"),
    ],
)
def test_parse_date_as_people_write_it(text, day_first, day):
    assert parse("date", text, ",", day_first) == day


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026",
        "29.02.2026",
        "32.1.2026",
        "1.13.2026",
        "1.3.26",
        "1.3.",
        "",
        "morgen",
        "1. Foo 2026",
        "0000-01-01",
        "2026-03-01 10:30",
        "46082",
        "1.3-2026",
        "2026-3/1",
        "13/25/2026",
        "2026-03-01T00:00:00Z tomorrow",
    ],
)
def test_parse_date_that_is_none_is_refused(text):
    with pytest.raises(Unfit, match="expected a date like"):
        parse("date", text, ",", True)


def test_parse_date_that_reads_both_ways_asks():
    with pytest.raises(Unfit, match="can be read both ways"):
        parse("date", "3/4/2026", ",", None)
    with pytest.raises(Unfit, match="expected a date like"):
        parse("date", "4/25/2026", ",", True)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 10:00 +02:00", "2026-03-01T08:00:00+00:00"),
        ("1.3.2026 10:00", "2026-03-01T09:00:00+00:00"),
        ("1.7.2026, 9:05:30", "2026-07-01T07:05:30+00:00"),
        ("2026-03-29 02:30", "2026-03-29T01:30:00+00:00"),  # does not exist in Berlin: the one after the change
        ("2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),  # exists twice: the first
        ("2026-03-01T10:00:00.25+0100", "2026-03-01T09:00:00.250000+00:00"),
    ],
)
def test_parse_instant_is_in_utc(text, instant):
    assert parse("instant", text, ",", True, zone=BERLIN) == instant


@pytest.mark.parametrize(
    "text", ["2026-03-01", "10:00", "2026-03-01 25:00", "2026-03-01 10:61Z", "2026-03-01 10:00 +25:00", ""]
)
def test_parse_instant_that_is_none_is_refused(text):
    with pytest.raises(Unfit, match="expected a date with a time"):
        parse("instant", text, ",", True, zone=BERLIN)


def test_parse_instant_without_offset_needs_a_zone():
    with pytest.raises(Unfit, match="and its offset"):
        parse("instant", "2026-03-01 10:00")


def test_parse_yes_no_in_two_languages():
    assert [parse("yes_no", word) for word in ("Ja", "yes", "TRUE", "1", "x", "wahr", "J")] == [True] * 7
    assert [parse("yes_no", word) for word in ("Nein", "no", "false", "0", "falsch", "n")] == [False] * 6
    for word in ("", "maybe", "2", "jein"):
        with pytest.raises(Unfit, match="expected yes or no"):
            parse("yes_no", word)


def test_parse_choice_by_value_or_name_in_any_case():
    assert [parse("choice", word, choices=TIERS) for word in ("gold", "GOLD", "Standard", " normal ")] == [
        "gold",
        "gold",
        "std",
        "std",
    ]
    with pytest.raises(Unfit, match='expected one of gold, std, got "silver"'):
        parse("choice", "silver", choices=TIERS)


def test_parse_list_is_parted_by_semicolon_or_bar():
    assert parse("list", "a; b;;a") == ["a", "b"]
    assert parse("list", "a|b, c") == ["a", "b, c"]
    assert parse("list", '["a", "b;c"]') == ["a", "b;c"]
    assert parse("list", "") == []
    assert parse("list", "Gold;normal", choices=TIERS) == ["gold", "std"]
    with pytest.raises(Unfit, match="one of gold, std"):
        parse("list", "Gold;silver", choices=TIERS)
    with pytest.raises(Unfit, match="texts, parted by"):
        parse("list", "[1, 2]")


def test_guess_kind_is_the_one_that_most_values_fit():
    assert guess_kind([]) is Kind.TEXT
    assert guess_kind([True, False]) is Kind.YES_NO
    assert guess_kind([1, 2]) is Kind.WHOLE
    assert guess_kind([1, 2.5]) is Kind.NUMBER
    assert guess_kind(["2026-03-01", "2026-03-02"]) is Kind.DATE
    assert guess_kind(["2026-03-01T10:00:00Z"]) is Kind.INSTANT
    assert guess_kind([["a"], []]) is Kind.LIST
    assert guess_kind(["a", "b", 1]) is Kind.TEXT
    assert guess_kind([1, 2, 3, "x"]) is Kind.WHOLE
    assert guess_kind([{"a": 1}]) is Kind.TEXT
    assert guess_kind(["gold", "std"] * 12) is Kind.CHOICE
    assert guess_kind([f"name {n}" for n in range(30)]) is Kind.TEXT
    assert not fits("whole", True)


@pytest.mark.parametrize(
    ("key", "special"),
    [
        ("diagnosis", Special.HEALTH),
        ("healthStatus", Special.HEALTH),
        ("health_status", Special.HEALTH),
        ("healthstatus", Special.HEALTH),
        ("hasDiabetes", Special.HEALTH),
        ("HIVStatus", Special.HEALTH),
        ("Krankenkasse", Special.HEALTH),
        ("ist-schwanger", Special.HEALTH),
        ("Schwerbehindertenausweis", Special.HEALTH),
        ("mitarbeitergesundheit", Special.HEALTH),
        ("bloodType", Special.HEALTH),
        ("religion", Special.RELIGION),
        ("Konfession", Special.RELIGION),
        ("church_member", Special.RELIGION),
        ("politicalView", Special.POLITICS),
        ("Parteibuch", Special.POLITICS),
        ("party_membership", Special.POLITICS),
        ("isUnionMember", Special.UNION),
        ("trade union", Special.UNION),
        ("Gewerkschaftsmitglied", Special.UNION),
        ("ethnicity", Special.ETHNICITY),
        ("race", Special.ETHNICITY),
        ("migrationshintergrund", Special.ETHNICITY),
        ("sexualOrientation", Special.SEXUALITY),
        ("sexuelle_orientierung", Special.SEXUALITY),
        ("fingerprint", Special.BIOMETRICS),
        ("faceId", Special.BIOMETRICS),
        ("Gentest", Special.GENETICS),
        ("dna", Special.GENETICS),
        ("password", Special.SECRET),
        ("userPasswort", Special.SECRET),
        ("access_token", Special.SECRET),
        ("apiKey", Special.SECRET),
        ("tier", None),
        ("orders_count", None),
        ("party_size", None),
        ("wealth", None),
        ("european_union", None),
        ("trace_id", None),
        ("grace", None),
        ("secretary", None),
        ("general", None),
        ("generation", None),
        ("eugene", None),
        ("interfaith_score", None),
        ("Kirchheim", None),
        ("account_disabled", None),
        ("essex", None),
        ("gender", None),
        ("kiel", None),
    ],
)
def test_special_of_finds_words_inside_of_keys(key, special):
    assert special_of(key) is special


def test_draft_problems_of_a_good_one_are_none():
    assert draft_problems(Draft("tier", "choice", "Tier", "Stufe", choices=tuple(TIERS), keep_days=30)) == []
    assert draft_problems(Draft("Konfession", sensitive=True, purpose="church tax of employees")) == []


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(""), "key"),
        (Draft(" a"), "key"),
        (Draft("a\nb"), "key"),
        (Draft("x" * 201), "key"),
        (Draft("email"), "key"),
        (Draft("consent"), "key"),
        (Draft("password", sensitive=True, purpose="x"), "key"),
        (Draft("token", sensitive=True, purpose="x"), "key"),
        (Draft("religion"), "sensitive"),
        (Draft("religion", sensitive=True), "purpose"),
        (Draft("religion", sensitive=True, purpose="  "), "purpose"),
        (Draft("income", sensitive=True), "purpose"),
        (Draft("a", "colour"), "kind"),
        (Draft("a", "choice"), "choices"),
        (Draft("a", "text", choices=tuple(TIERS)), "choices"),
        (Draft("a", "choice", choices=(TIERS[0], TIERS[0])), "choices"),
        (Draft("a", "choice", choices=({"value": ""},)), "choices"),
        (Draft("a", "choice", choices=tuple({"value": str(n)} for n in range(201))), "choices"),
        (Draft("a", keep_days=0), "keep_days"),
        (Draft("a", keep_days=10**9), "keep_days"),
        (Draft("a", name_en="x" * 201), "name_en"),
        (Draft("a", source="x" * 51), "source"),
        (Draft("a", purpose="a\x00"), "purpose"),
    ],
)
def test_draft_problems_name_the_field_in_both_languages(draft, field):
    problems = dict(draft_problems(draft))
    assert field in problems
    assert problems[field]["en"] != problems[field]["de"]
