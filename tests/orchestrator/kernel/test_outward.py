"""The door to machines outside: nothing that is not public is ever connected to, and no answer takes us along."""

import contextlib
import socket
import threading
import time

import pytest

from orchestrator.kernel import outward
from orchestrator.kernel.outward import NotReached, Refused, call, is_public, refusal
from tests.waiting import HUNG, ended

PUBLIC = "93.184.215.14"


class Listener:
    """A machine on the loopback address that counts who connects, and answers what it is told to."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", *, pause=0.0, family=socket.AF_INET):
        self.socket = socket.socket(family)
        self.socket.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.socket.listen(20)
        self.port = self.socket.getsockname()[1]
        self.answer, self.pause = answer, pause
        self.connections, self.requests = 0, []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                line, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line):
        with line, contextlib.suppress(OSError):
            line.settimeout(HUNG)
            got = b""
            while b"\r\n\r\n" not in got:
                got += line.recv(65536) or b"\r\n\r\n"
            head, _, body = got.partition(b"\r\n\r\n")
            for field in head.split(b"\r\n"):
                if field.lower().startswith(b"content-length:"):
                    while len(body) < int(field.split(b":")[1]):
                        if not (more := line.recv(65536)):
                            return  # whoever called hung up
                        body += more
            self.requests.append(head + b"\r\n\r\n" + body)
            answer = self.answer(self.requests[-1]) if callable(self.answer) else self.answer
            if self.pause:
                for letter in answer:
                    line.sendall(bytes([letter]))
                    time.sleep(self.pause)
            else:
                line.sendall(answer)

    @property
    def place(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.place}/"

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes who accepts: a close alone would leave it listening
        self.socket.close()
        ended([self.thread])


@pytest.fixture
def listen():
    made = []

    def make(*args, **more):
        made.append(Listener(*args, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


WRITTEN = """
http://127.0.0.1:{port}/
http://127.1:{port}/
http://127.0.1:{port}/
http://2130706433:{port}/
http://0x7f000001:{port}/
http://0x7f.0.0.1:{port}/
http://017700000001:{port}/
http://0177.0.0.1:{port}/
http://127.0.0.1.:{port}/
http://0.0.0.0:{port}/
http://0:{port}/
http://[::1]:{port}/
http://[::]:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/
http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/
http://[::127.0.0.1]:{port}/
http://[64:ff9b::7f00:1]:{port}/
http://[2002:7f00:1::]:{port}/
http://localhost:{port}/
http://localhost.:{port}/
http://LOCALHOST:{port}/
http://foo.localhost:{port}/
http://169.254.169.254:{port}/latest/meta-data/
http://100.64.0.1:{port}/
http://10.0.0.1:{port}/
http://172.16.0.1:{port}/
http://192.168.0.1:{port}/
http://198.18.0.1:{port}/
http://[fd00::8]:{port}/
http://[fe80::1%25eth0]:{port}/
http://[fe80::1%eth0]:{port}/
file:///etc/passwd
gopher://127.0.0.1:{port}/_x
ftp://127.0.0.1:{port}/
dict://127.0.0.1:{port}/info
unix:///var/run/docker.sock
http://a@127.0.0.1:{port}/
http://ok.example@127.0.0.1:{port}/
http://127.0.0.1:{port}#@ok.de/
http://127.0.0.1:{port}\\@ok.de/
http://①②⑦.⓪.⓪.①:{port}/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/
http://127。0。0。1:{port}/
//127.0.0.1:{port}/
http:127.0.0.1:{port}/
http:///127.0.0.1:{port}/
""".split()  # noqa: SIM905  # one a line is read more easily
ODD = [
    "http://127.0\t.0.1:{port}/",
    "http://127.0.0.1\n:{port}/",
    "http://127.0.0.1:{port}/\r\nX-Bad: 1",
    "http://127.0.0.1:{port}/\x00",
    " http://127.0.0.1:{port}/",
    "",
    "x" * 3000,
]


@pytest.mark.parametrize("written", [*WRITTEN, *ODD])
def test_call_address_that_is_not_public_connects_to_nobody(listen, monkeypatch, written):
    four, six = listen(), listen(family=socket.AF_INET6)
    for one in (four, six):
        monkeypatch.setattr(outward, "PORTS", frozenset({one.port}))  # so that the port is not what saves us
        url = written.replace("{port}", str(one.port))
        with pytest.raises((Refused, NotReached)) as refused:
            call("POST", url, headers={}, body=b"{}", seconds=2)
        assert "127" not in str(refused.value)
    assert (four.connections, six.connections) == (0, 0)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 81, 5432, 6379, 9200, 11211, 65535])
def test_refusal_of_ports_that_are_not_of_the_web(port):
    assert "port" in refusal(f"https://ok.example.com:{port}/") or not port


@pytest.mark.parametrize(
    "url",
    [
        "https://ok.example.com/",
        "https://ok.example.com:8443/a?b=1",
        "http://xn--bcher-kva.example/",
        f"https://{PUBLIC}/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    ],
)
def test_refusal_of_public_addresses_is_empty(url):
    assert refusal(url) == ""


@pytest.mark.parametrize(
    "numbers",
    [["127.0.0.1"], ["10.1.2.3"], ["::1"], ["::ffff:127.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], []],
)
def test_call_name_that_leads_inside_connects_to_nobody(numbers):
    connected = []
    with pytest.raises(Refused, match=r"^no connection to this address$"):
        call(
            "GET",
            "http://evil.example.com/",
            headers={},
            body=b"",
            seconds=1,
            resolve=lambda host, port: numbers,
            connect=lambda *given: connected.append(given),
        )
    assert connected == []


def test_call_name_that_changes_its_mind_is_asked_once_and_pinned():
    """Rebinding: public when it is looked at, private when it is connected to."""
    answers, connected = [[PUBLIC], ["127.0.0.1"]], []

    def connect(number, port, seconds):
        connected.append(number)
        raise ConnectionRefusedError

    with pytest.raises(NotReached):
        call(
            "GET",
            "http://evil.example.com/",
            headers={},
            body=b"",
            seconds=1,
            resolve=lambda host, port: answers.pop(0),
            connect=connect,
        )
    assert connected == [PUBLIC]
    assert len(answers) == 1


def test_call_redirect_is_an_answer_and_is_not_followed(listen):
    inside = listen()
    outside = listen(
        f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    )
    answer = call("GET", outside.url, headers={}, body=b"", seconds=HUNG, allowed=[outside.place])
    assert answer.status == 302
    assert inside.connections == 0


def test_call_allowed_place_is_called_and_no_other_port_of_it(listen, monkeypatch):
    one, other = listen(), listen()
    monkeypatch.setattr(outward, "PORTS", frozenset({one.port, other.port}))
    answer = call("POST", f"{one.url}a?b=1", headers={"X-A": "1"}, body=b"{}", seconds=HUNG, allowed=[one.place])
    assert (answer.status, answer.body, answer.whole) == (200, b"ok", True)
    assert one.requests[0].startswith(b"POST /a?b=1 HTTP/1.1")
    with pytest.raises(Refused):
        call("GET", other.url, headers={}, body=b"", seconds=2, allowed=[one.place])
    assert other.connections == 0


def test_call_answer_is_cut_where_it_is_too_long(listen):
    long = listen(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000)
    answer = call("GET", long.url, headers={}, body=b"", seconds=HUNG, allowed=[long.place])
    assert len(answer.body) == outward.ANSWER_LIMIT
    assert not answer.whole


def test_call_answer_that_trickles_ends_when_the_time_is_over(listen):
    slow = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900, pause=1.0)
    start = time.monotonic()
    with pytest.raises(NotReached, match="no answer in time") as missed:
        call("GET", slow.url, headers={}, body=b"", seconds=0.6, allowed=[slow.place])
    assert missed.value.sent
    assert time.monotonic() - start < HUNG  # the whole answer trickles for 15 minutes


def test_call_answer_that_breaks_off_is_none(listen):
    cut = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf")
    with pytest.raises(NotReached):
        call("GET", cut.url, headers={}, body=b"", seconds=HUNG, allowed=[cut.place])
    rubbish = listen(b"\x00\x01\x02")
    with pytest.raises(NotReached):
        call("GET", rubbish.url, headers={}, body=b"", seconds=HUNG, allowed=[rubbish.place])


def test_call_nobody_there_says_the_same_as_for_what_is_forbidden():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"  # nobody listens, and nobody else can take the port
        with pytest.raises(NotReached, match=r"^no connection to this address$"):
            call("GET", f"http://{place}/", headers={}, body=b"", seconds=HUNG, allowed=[place])


@pytest.mark.parametrize(
    ("number", "public"),
    [
        (PUBLIC, True),
        ("2606:2800::1", True),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("192.0.2.1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("2001::1", False),
        ("::ffff:93.184.215.14", False),
        ("fe80::1%eth0", False),
    ],
)
def test_is_public(number, public):
    assert is_public(number) is public
