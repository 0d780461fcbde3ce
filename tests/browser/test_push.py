"""Web push in a real browser: a visitor agrees, we keep the device, a message is shown, and taken back is taken back."""

import base64
import os
from datetime import UTC, datetime

import pytest

from consent.models import Purpose, State
from contacts.models import Device
from orchestrator.api.operations import create_key
from tests.browser.waiting import until

pytestmark = pytest.mark.browser
VISITOR = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
KEY = "vppTZPA_pR8W7zElVMbhQq0QGMuKsln9TxrqYGQ3u90"
# a browser without the push service of its maker: what subscribe() gives stands in for it, everything else is real
NO_SERVICE = """([p256dh, auth]) => {
  let kept = null;
  const one = {endpoint: "https://push.example/send/abc", toJSON: () => ({endpoint: "https://push.example/send/abc", keys: {p256dh, auth}}), unsubscribe: async () => { kept = null; return true; }};
  PushManager.prototype.subscribe = async (asked) => { window.asked = asked; kept = one; return one; };
  PushManager.prototype.getSubscription = async () => kept;
}"""

# without a desktop that keeps them, Chromium takes messages away after some seconds, and a slow machine looks too late
STAYS = """() => {
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    return show.call(this, title, { ...options, requireInteraction: true });
  };
}"""


def coded(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_visitor_agrees_sees_a_message_and_takes_it_back(visit, settings):
    settings.VAPID_PRIVATE_KEY = KEY
    Purpose.objects.create(
        slug="push_marketing", name_en="P", name_de="P", kind="communication", channel="push", enforcement="opt_in", legal_basis="x"
    )  # fmt: skip
    key = create_key(name="page", source="web", now=datetime.now(UTC), public=True)
    visitor = visit(service_workers="allow")
    page = visitor.page
    visitor.context.grant_permissions(["notifications"], origin=visitor.address)
    visitor.open("/accounts/login/")
    page.add_script_tag(url=f"{visitor.address}/static/js/push.js")
    page.evaluate(NO_SERVICE, [coded(b"\x04" + os.urandom(64)), coded(os.urandom(16))])
    options = {
        "server": visitor.address, "key": key, "anonymousId": VISITOR, "purpose": "push_marketing", "worker": "/static/js/push-worker.js",
    }  # fmt: skip
    page.evaluate("""async (options) => {
      // the page of the test does not lie below the worker, which `ready` would wait for
      const worker = await navigator.serviceWorker.register(options.worker);
      Object.defineProperty(navigator.serviceWorker, "ready", {value: Promise.resolve(worker)});
      navigator.serviceWorker.getRegistration = async () => worker;
    }""", options)  # fmt: skip
    assert page.evaluate("(options) => orchestratorPush.subscribe(options)", options) is True
    assert page.evaluate("[window.asked.userVisibleOnly, window.asked.applicationServerKey.length]") == [True, 65]
    device = Device.objects.get()
    assert (device.endpoint, device.gone_at) == ("https://push.example/send/abc", None)
    assert State.objects.get(contact=device.contact, purpose__slug="push_marketing").granted

    deliver = mailbag(visitor)
    visitor.context.service_workers[0].evaluate(STAYS)
    deliver('{"title": "Your cart", "body": "It waits", "tag": "touch-7", "url": "https://shop.example/"}')
    until(lambda: shown(page), [["Your cart", "It waits", "touch-7", {"url": "https://shop.example/"}]])
    deliver('{"title": "Your cart", "body": "It still waits", "tag": "touch-7", "url": "javascript:alert(1)"}')
    until(lambda: [one[1] for one in shown(page)], ["It still waits"])  # it took the place of the first
    deliver("no message of ours")
    deliver('{"title": "Hello", "body": "Another", "tag": "touch-8"}')  # comes after it
    until(lambda: sorted(one[1] for one in shown(page)), ["Another", "It still waits"])

    assert page.evaluate("(options) => orchestratorPush.unsubscribe(options)", options) is True
    device.refresh_from_db()
    assert device.gone_at
    assert State.objects.get(contact=device.contact).granted is False


def mailbag(visitor):
    """Give a function that hands a message to the service worker as the browser does."""
    talk = visitor.context.new_cdp_session(visitor.page)
    found = []
    talk.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    talk.send("ServiceWorker.enable")

    def numbers():
        visitor.page.wait_for_timeout(50)  # what the browser tells comes in meanwhile
        return {one["registrationId"] for one in found if one["scopeURL"].endswith("/static/js/")}

    until(lambda: len(numbers()), 1)
    until(lambda: is_active(visitor.page))
    given = {"origin": visitor.address, "registrationId": numbers().pop()}
    return lambda content: talk.send("ServiceWorker.deliverPushMessage", given | {"data": content})


def is_active(page):
    return page.evaluate("async () => Boolean((await navigator.serviceWorker.getRegistration()).active)")


def shown(page):
    return page.evaluate("""async () => {
      const worker = await navigator.serviceWorker.getRegistration();
      return (await worker.getNotifications()).map((one) => [one.title, one.body, one.tag, one.data]);
    }""")
