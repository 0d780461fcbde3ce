"""The unmodified SDKs, pointed at our host, deliver everything: also when the server is killed in the middle."""

import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment
from django.db import connection

from contacts.events.models import Event
from contacts.identity.models import Identifier
from contacts.profiles.models import Contact
from orchestrator.api.models import Arrival
from orchestrator.api.operations import create_key
from orchestrator.kernel.embedded import die_with_parent, free_port
from tests.bench.ingest import environment, web_command
from tests.waiting import HUNG, ended, until

ROOT = Path(__file__).resolve().parent.parent.parent.parent
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
VISITOR = "0b0f2c64-19a1-4c5e-9d0c-5a0c6b7a4c11"
SDKS = {
    "segment": lambda key, host, **more: segment.Client(key, host=host, **more),
    "segment gzip": lambda key, host, **more: segment.Client(key, host=host, gzip=True, **more),
    "rudder": lambda key, host, **more: rudder.Client(key, host=host, **more),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sdk", SDKS)
def test_sdk_delivers_every_call(live_server, sdk):
    wrong = []
    key = create_key(name="shop", source="shop", now=NOW)
    client = SDKS[sdk](key, live_server.url, on_error=lambda error, batch: wrong.append(error))
    begun = datetime.now(UTC)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    client.page(
        anonymous_id=VISITOR, name="Prices", properties={"url": "https://nordlicht.example/prices?utm_source=ad&t=1"}
    )
    client.identify("4711", {"email": "Anna@nordlicht.example", "firstName": "Anna"}, anonymous_id=VISITOR)
    client.track("4711", "Order Completed", {"value": 59.9}, timestamp=yesterday, message_id="order-1")
    client.track("4711", "Order Completed", {"value": 59.9}, timestamp=yesterday, message_id="order-1")
    client.screen("4711", name="Home")
    client.group("4711", "acme", {"name": "Acme", "website": "https://www.acme.example/"})
    client.alias("6f0dc4e9-2f3b-4f0c-8d2b-6a1f0c9b7e55", "4711")
    client.shutdown()
    took = datetime.now(UTC) - begun
    assert wrong == []
    anna = Contact.objects.select_related("account").get()
    assert (anna.external_id, anna.email, anna.first_name) == ("4711", "anna@nordlicht.example", "Anna")
    assert (anna.account.external_id, anna.account.name, anna.account.domain) == ("acme", "Acme", "acme.example")
    events = {event.name: event for event in Event.objects.filter(contact=anna)}
    assert set(events) == {"page_viewed", "order_completed", "screen_viewed"}
    assert Event.objects.count() == 3
    assert events["page_viewed"].properties == {
        "url": "https://nordlicht.example/prices?utm_source=ad",
        "name": "Prices",
    }
    assert events["order_completed"].properties == {"value": 59.9}
    # by our clock: what a request was under way cannot be told from a clock that goes wrong
    assert abs(events["order_completed"].occurred_at - yesterday) < took + timedelta(milliseconds=1)
    anonymous = set(Identifier.objects.filter(kind="anonymous").values_list("value", flat=True))
    assert anonymous == {VISITOR, "6f0dc4e9-2f3b-4f0c-8d2b-6a1f0c9b7e55"}
    assert {row.library.split()[0] for row in Arrival.objects.all()} == {"analytics-python"}
    assert sum(row.accepted for row in Arrival.objects.all()) == 7


@pytest.mark.django_db(transaction=True)
def test_sdk_with_a_wrong_key_is_told_once_and_stops(live_server):
    for make in SDKS.values():
        wrong = []
        client = make("nonsense", live_server.url, on_error=lambda error, batch, wrong=wrong: wrong.append(error))
        client.track("4711", "seen")
        client.shutdown()
        assert [error.status for error in wrong] == [401]
    assert not Event.objects.exists()


class Server:
    """A web server of its own process group, that can be killed like a machine that loses power."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            web_command(self.port, threads=2),
            cwd=ROOT,
            env=environment(connection.settings_dict),
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def wait(self):
        until(self.answers, "an answer of the web server")

    def answers(self):
        try:
            return requests.get(f"{self.url}/v1/track", timeout=HUNG).status_code == 405
        except requests.RequestException:
            return False

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.mark.django_db(transaction=True)
def test_server_killed_in_the_middle_loses_nothing_and_doubles_nothing():
    keys = {name: create_key(name=name, source=name, now=NOW) for name in ("segment", "rudder")}
    server, wrong, stored_before, sent = Server(), [], [], {name: [] for name in keys}
    server.start()
    server.wait()
    clients = {
        name: SDKS[name](keys[name], server.url, upload_size=10, on_error=lambda error, batch: wrong.append(error))
        for name in keys
    }

    killed = {100: threading.Event(), 200: threading.Event()}

    def send(name):
        for number in range(300):
            if number in killed:  # there is something left to lose
                killed[number].wait(HUNG)
            sent[name].append(str(uuid.uuid4()))
            clients[name].track(f"p{number % 7}", "seen", {"n": number}, message_id=sent[name][-1])
            time.sleep(0.01)

    threads = [threading.Thread(target=send, args=(name,)) for name in keys]
    try:
        [thread.start() for thread in threads]
        for least, kill in zip((10, 100), killed.values(), strict=True):
            until(lambda least=least: Event.objects.count() >= least, f"{least} events")
            stored_before.append(Event.objects.count())
            server.kill()
            kill.set()
            server.start()
            server.wait()
        ended(threads)
        [client.shutdown() for client in clients.values()]
    finally:
        [kill.set() for kill in killed.values()]
        server.kill()
    assert wrong == []
    assert 10 <= stored_before[0] <= 200
    assert 100 <= stored_before[1] <= 400
    for name, ids in sent.items():
        stored = Counter(Event.objects.filter(source=name).values_list("message_id", flat=True))
        assert stored == Counter(ids)
    assert Contact.objects.count() == 7


NODE = """
import {{ Analytics }} from "@segment/analytics-node";
const analytics = new Analytics({{ writeKey: "{key}", host: "{host}" }});
analytics.on("error", (error) => {{ console.error(error); process.exitCode = 1; }});
analytics.identify({{ userId: "4711", traits: {{ email: "anna@nordlicht.example" }} }});
analytics.track({{ userId: "4711", event: "Order Completed", properties: {{ value: 59.9 }} }});
analytics.page({{ anonymousId: "{visitor}", name: "Prices" }});
analytics.group({{ userId: "4711", groupId: "acme" }});
await analytics.closeAndFlush();
"""


@pytest.mark.django_db(transaction=True)
def test_node_sdk_delivers(live_server, tmp_path):
    modules = os.environ.get("NODE_MODULES", str(ROOT / "static" / "node_modules"))
    if not shutil.which("node") or not Path(modules, "@segment", "analytics-node").is_dir():
        pytest.skip("needs node, and @segment/analytics-node in the folder that NODE_MODULES names")
    key = create_key(name="node", source="node", now=NOW)
    (tmp_path / "node_modules").symlink_to(modules)
    script = tmp_path / "send.mjs"
    script.write_text(NODE.format(key=key, host=live_server.url, visitor=VISITOR))
    subprocess.run(["node", script], cwd=tmp_path, check=True, timeout=HUNG)
    assert sorted(Event.objects.values_list("name", flat=True)) == ["order_completed", "page_viewed"]
    assert Contact.objects.get(external_id="4711").email == "anna@nordlicht.example"
    assert Arrival.objects.filter(library__startswith="@segment/analytics-node").exists()
