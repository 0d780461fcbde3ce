"""Texts are filled in processes with hard limits: what they may use, what they cannot reach, what becomes of the others."""

import os
import signal
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from journeys.content import rendering
from journeys.content.rendering import Job, Mail, check_text, render_many, render_texts
from journeys.content.rules import ContentProblem
from tests.journeys.content.test_mail import FRAME
from tests.waiting import HUNG, until

KILLER = Job("compile", ("x", "", "<mj-table>" + "<tr><td><table>" * 2500 + "</mj-table>"), {})


def text(source, **values):
    return Job("texts", (source,), values)


def letter(body, subject="Hello", **values):
    return Job("mail", (subject, "", body), {"mail": FRAME, **values})


def child():
    render_texts(["x"], {})
    return rendering._pool.idle[-1].process.pid


def test_child_has_no_secrets_no_files_no_rights():
    pid = child()
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert Path(f"/proc/{pid}/environ").read_bytes().replace(b"LC_CTYPE=C.UTF-8\0", b"") == b""
    assert str(Path(f"/proc/{pid}/cwd").readlink()) == "/"
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
    for line in ("Max open files 3 3", "Max address space 134217728", "Max processes 0", "Max core file size 0 0"):
        assert line in " ".join(limits.split())
    if os.getuid() == 0:
        assert "Uid: 65534 65534 65534 65534" in " ".join(Path(f"/proc/{pid}/status").read_text().split())


def test_child_has_no_driver_of_the_database():
    maps = Path(f"/proc/{child()}/maps").read_text()
    assert "psycopg" not in maps


def test_render_many_answers_in_order_and_problems_in_their_place():
    jobs = [text(f"{n} {{{{ a }}}}" if n % 7 else "{{ 1 | divided_by: 0 }}", a=n) for n in range(130)]
    made = render_many(jobs)
    for n, one in enumerate(made):
        assert isinstance(one, ContentProblem) if n % 7 == 0 else one == [f"{n} {n}"]


def test_render_many_mail_keeps_its_addresses_apart():
    made = render_many([letter("<mj-button href='https://a.example/?x=1&amp;y=2'>Go</mj-button>")])[0]
    assert isinstance(made, Mail)
    assert "https://a.example/?x=1&y=2" in made.html[1::2]
    assert 'href="https://t.example/&quot;"' in made.page(lambda _: 'https://t.example/"')


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (text("{% if " + "(" * 10_000 + "a" + ")" * 10_000 + " %}{% endif %}"), "processor"),
        (Job("compile", ("x", "", "<mj-text>" + "{{a}}" * 12_000 + "</mj-text>"), {}), "processor"),
        (KILLER, "processor time"),
        (text("x" * (64 * 1024 + 1)), "64 KiB"),
        (text("{% for i in (1..1900) %}" + "x" * 400 + "{% endfor %}"), "output"),
        (text("{{ a }}", a="x" * 1_100_000), "1024 KiB"),
        (text("{{ a }}", a=object()), "values"),
        (text("{{ a }}", a=2**80), "values"),
        (text("\ud800"), "values"),
        (text("{{ a }}", a="\udfff"), "values"),
    ],
)
def test_render_many_beyond_a_limit_is_a_problem_with_words_and_quick(job, words):
    child()
    start = (
        time.thread_time()
    )  # of the processor, here: what the child and the rest of the machine do counts for nothing
    (made,) = render_many([job])
    assert isinstance(made, ContentProblem)
    assert words in str(made)
    assert time.thread_time() - start < 5


def test_render_many_a_dead_child_loses_only_the_job_that_killed_it():
    before = child()
    made = render_many([text("one"), text("two"), KILLER, text("three"), KILLER, text("four")])
    assert [one if isinstance(one, ContentProblem) is False else "lost" for one in made] == [
        ["one"],
        ["two"],
        "lost",
        ["three"],
        "lost",
        ["four"],
    ]
    assert child() != before


def test_render_many_child_killed_from_outside_loses_nothing():
    os.kill(child(), signal.SIGKILL)
    assert render_many([text("one"), text("two")]) == [["one"], ["two"]]


def test_render_many_child_that_hangs_is_killed_and_its_job_is_a_problem(monkeypatch):
    class Other(rendering._Child):
        def __init__(self):
            monkeypatch.setattr(rendering, "WALL_SECONDS", HUNG)
            super().__init__()

    pid = child()
    monkeypatch.setattr(rendering, "WALL_SECONDS", 1.0)  # for the one that hangs
    monkeypatch.setattr(rendering, "_Child", Other)
    os.kill(pid, signal.SIGSTOP)
    made = render_many([text("one"), text("two")])
    assert isinstance(made[0], ContentProblem)
    assert made[1] == ["two"]
    assert not Path(f"/proc/{pid}").exists()


def test_render_many_memory_of_one_text_is_limited_and_the_next_goes_on():
    hungry = "{% for i in (1..500) %}{% capture a %}{{ b }}{{ b }}{{ b }}{% endcapture %}{{ a | split: '' | size }}{% endfor %}"
    jobs = [text(hungry, b="x" * 10_000), text("fine")]
    assert render_many(jobs)[1] == ["fine"]


def test_render_many_in_threads_never_mixes_answers():
    wrong = []

    def work(n):
        for i in range(30):
            if render_texts(["{{ a }}"], {"a": f"{n}-{i}"}) != [f"{n}-{i}"]:
                wrong.append((n, i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(rendering._pool.idle) <= rendering.CHILDREN


def test_render_many_after_a_fork_has_its_own_child():
    mine = child()
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(into, str(child()).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    theirs = int(os.read(out, 100))
    assert theirs != mine
    assert render_texts(["still {{ a }}"], {"a": "here"}) == ["still here"]

    def gone():
        try:
            return b"child" not in Path(f"/proc/{theirs}/cmdline").read_bytes()
        except OSError:
            return True

    until(gone, "the end of a child whose parent has ended")


def test_render_many_numbers_and_decimals_stay_numbers():
    assert render_texts(["{{ a | plus: 1 }} {{ a | money }}"], {"a": Decimal("10.5"), "mail": {"language": "en"}}) == [
        "11.5 €10.50"
    ]


def test_check_text_says_names_what_is_missing_and_errors_apart():
    good, broken = check_text(["{{ a.b }} {{ a.c | default: 'x' }} {{ d }}", "{% if %}"], {"d": 1})
    assert good.error == ""
    assert good.names == ["a.b", "a.c", "d"]
    assert good.missing == ["a.b"] or "a" in good.missing[0]
    assert broken.error
    assert check_text(["x" * 70_000], {})[0].error


def test_child_gives_up_files_and_sockets():
    """What lock_down() leaves to the process: run in one of its own, since it cannot be undone."""
    import subprocess
    import sys

    program = """
import sys, socket; sys.path.insert(0, sys.argv[1])
from journeys.content.child import lock_down
lock_down()
for attempt in (lambda: open("/etc/passwd"), socket.socket, lambda: __import__("os").fork()):
    try:
        attempt()
    except OSError as error:
        print(error.errno, end=" ")
"""
    got = subprocess.run(
        [sys.executable, "-I", "-c", program, str(rendering.ROOT)], capture_output=True, text=True, cwd="/", env={}
    )
    errors = got.stdout.split()
    assert errors[:2] == ["24", "24"], got.stderr
    assert errors[2:] == ["11"] or os.getuid() != 0
