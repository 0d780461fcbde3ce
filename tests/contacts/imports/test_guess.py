"""Files are read the way they were written, whoever wrote them."""

import pytest

from contacts.imports.guess import EncodingWatch, guess_look
from contacts.imports.targets import folded, guess_targets, key_of


def encoding_of(*chunks):
    watch = EncodingWatch()
    for chunk in chunks:
        watch.see(chunk)
    return watch.encoding()


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("Jörg Weiß".encode(), "utf-8"),
        (b"plain", "utf-8"),
        ("Jörg".encode("utf-8-sig"), "utf-8-sig"),
        ("Jörg;x".encode("utf-16"), "utf-16"),
        ("Jörg;xyz".encode("utf-16-le"), "utf-16-le"),
        ("Jörg;xyz".encode("utf-16-be"), "utf-16-be"),
        ("Jörg Weiß".encode("cp1252"), "cp1252"),
        ("Jörg".encode() + b"\n" + "Weiß".encode("cp1252"), "mixed"),
        ("Jö".encode()[:2], "cp1252"),
    ],
)
def test_encoding_is_seen_in_all_bytes(raw, encoding):
    assert encoding_of(raw) == encoding
    assert encoding_of(*(raw[n : n + 1] for n in range(len(raw)))) == encoding


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_separator_is_the_one_that_cuts_lines_alike(sign):
    text = "\n".join(
        sign.join(row)
        for row in [("Name", "E-Mail", "Ort"), ("Anna; Berg, Dr.".replace(sign, " "), "a@x.de", "Köln")] * 5
    )
    assert guess_look(text).separator == sign


@pytest.mark.parametrize(
    ("cells", "decimal"), [(["1.234,5", "7,25"], ","), (["1,234.5", "7.25"], "."), (["1.234"], ","), (["5"], ",")]
)
def test_decimal_sign_is_the_one_before_the_last_digits(cells, decimal):
    assert guess_look("Umsatz;Name\n" + "".join(f"{cell};x\n" for cell in cells)).decimal == decimal


@pytest.mark.parametrize(
    ("cells", "day_first", "unclear"),
    [
        (["31.12.2025", "01.02.2026"], True, ()),
        (["13/04/2026", "03/04/2026"], True, ()),
        (["04/13/2026", "03/04/2026"], False, ()),
        (["03/04/2026"], True, ("dates",)),
        (["13/04/2026", "04/13/2026"], True, ("dates",)),
        (["2026-04-03"], True, ()),
        (["03/04/2026", "01.02.2026"], True, ("dates",)),
    ],
)
def test_order_of_day_and_month_is_asked_for_where_nothing_tells(cells, day_first, unclear):
    look = guess_look("Seit,Name\n" + "".join(f"{cell},x\n" for cell in cells))
    assert (look.day_first, look.unclear) == (day_first, unclear)


def test_header_is_missing_where_the_first_row_has_facts():
    assert guess_look("Name,E-Mail\nAnna,a@x.de\n").header
    assert not guess_look("Anna,a@x.de\nBen,b@x.de\n").header
    assert not guess_look("Anna,12\nBen,7\n").header


def test_columns_go_where_their_names_or_values_say():
    headers = ["E_Mail", "firstName", "NACHNAME", "Länder-Code", "Kontakt", "visits", "Größe", "", "Mail"]
    rows = [["a@x.de", "A", "B", "DE", "", "3", "12", "", "b@x.de"]]
    assert guess_targets(headers, rows, {"site_visits": ("Visits", "Besuche")}) == [
        "email", "first_name", "last_name", "country", "", "attribute:site_visits", "new:groesse", "", "",
    ]  # fmt: skip
    assert guess_targets(["Kontakt"], [["a@x.de"], ["b@x.de"]], {}) == ["email"]


def test_names_of_columns_are_folded_to_letters_and_made_keys():
    assert folded("E-Mail Adresse") == folded("e_mail_adresse") == folded("eMailAdresse") == "emailadresse"
    assert key_of("TotalVisits") == key_of("Total visits") == "total_visits"
    assert key_of("Größe (m²)") == "groesse_m2"
