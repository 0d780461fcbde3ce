"""What is written is what a mail program reads, whatever the text; a header never gets a second line."""

from email import message_from_bytes, policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.channels.adapters.mime import written

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
HEADER = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=300)


def plain(text):
    return "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).rstrip("\n")


def read(content):
    return message_from_bytes(content, policy=policy.default)


@given(TEXT, TEXT.filter(bool))
@example("from here\nFrom there\n.\n..\n trailing \t\n=3D", "<p>ü</p>" + "x" * 2000)
def test_written_parts_are_read_as_they_were(text, html):
    content = written({"Subject": "x"}, text=text, html=html, boundary="=_b1")
    assert content.isascii()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    mail = read(content)
    assert mail.get_content_type() == "multipart/alternative"
    found = [(part.get_content_type(), part.get_payload(decode=True).decode()) for part in mail.iter_parts()]
    assert [(kind, plain(body)) for kind, body in found] == [("text/plain", plain(text)), ("text/html", plain(html))]


@given(HEADER)
@example("Grüße an Anna: 50 % 🎉 " + "lang " * 40)
def test_written_subject_is_read_as_it_was(subject):
    mail = read(written({"Subject": subject}, text="x", html="", boundary="b"))
    assert " ".join(str(mail["Subject"]).split()) == " ".join(subject.split())
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "x"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\0", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
def test_written_header_with_two_lines_is_refused(end):
    with pytest.raises(ValueError, match="more than one line"):
        written({"Subject": f"a{end}Bcc: all@x.example"}, text="x", html="", boundary="b")


def test_written_header_that_is_too_long_or_has_no_name_is_refused():
    with pytest.raises(ValueError, match="longer than 998"):
        written({"List-Unsubscribe": f"<https://x.example/{'a' * 1000}>"}, text="x", html="", boundary="b")
    with pytest.raises(ValueError, match="no name of a header"):
        written({"Bcc: a@b.example\r\nX": "1"}, text="x", html="", boundary="b")
    with pytest.raises(ValueError, match="half a character"):
        written({"Subject": "\ud800"}, text="x", html="", boundary="b")
