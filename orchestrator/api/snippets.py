"""Code to copy: how a shop, an app, a server or a CRM is connected with a key."""

from typing import NamedTuple

from django.utils.translation import gettext as _

PLACEHOLDER = "YOUR_KEY"


class Snippet(NamedTuple):
    """Some code for one kind of client, with a sentence about it."""

    slug: str
    name: str
    note: str
    code: str


def snippets(*, address: str, key: str, public: bool) -> list[Snippet]:
    """Give the code for a web page or an app (public), or for servers. address: of this product, without a slash."""
    protocol, _sign, host = address.partition("://")
    texts = _public() if public else _server()
    given = {"ADDRESS": address, "HOST": host, "PROTOCOL": protocol, "KEY": key}
    found = []
    for slug, name, note, code in texts:
        for place, text in given.items():
            code = code.replace(f"<<{place}>>", text)
        found.append(Snippet(slug, name, note, code.strip()))
    return found


def _public() -> list[tuple[str, str, str, str]]:
    stored = _("It keeps a random id in the browser: start it only after the visitor has agreed (TDDDG § 25).")
    claims = _("What a browser or an app says about known people is not believed: let your server identify them.")
    settings = _("The SDK asks us for its settings and sends everything here.")
    return [
        ("page", _("Web shop: without a library"), stored, PAGE),
        ("analytics-js", _("Web shop: Segment Analytics.js (npm)"), f"{settings} {stored}", ANALYTICS_JS),
        ("swift", _("App: Swift (iOS)"), claims, SWIFT),
        ("kotlin", _("App: Kotlin (Android)"), claims, KOTLIN),
    ]


def _server() -> list[tuple[str, str, str, str]]:
    again = _("A message id counts once: sending the same again is safe.")
    secret = _("Keep the key secret: who has it can change people.")
    return [
        ("segment", "Python: segment-analytics-python", secret, SEGMENT),
        ("rudder", "Python: rudder-sdk-python", secret, RUDDER),
        ("node", "Node: @segment/analytics-node", secret, NODE),
        ("contacts", _("CRM or anything else: people with curl"), _("Up to 500 people in one request."), CONTACTS),
        ("events", _("CRM or anything else: events with curl"), again, EVENTS),
    ]


PAGE = """
<script>
  const KEY = "<<KEY>>", ADDRESS = "<<ADDRESS>>/v1";
  function visitor() {
    let id = localStorage.getItem("visitor");
    if (!id) localStorage.setItem("visitor", (id = crypto.randomUUID()));
    return id;
  }
  function send(type, what) {
    const now = new Date().toISOString();
    const page = { url: location.href, path: location.pathname, title: document.title, referrer: document.referrer };
    return fetch(`${ADDRESS}/${type}`, {
      method: "POST", keepalive: true, headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({
        writeKey: KEY, messageId: crypto.randomUUID(), anonymousId: visitor(), timestamp: now, sentAt: now,
        context: { page, locale: navigator.language, userAgent: navigator.userAgent,
                   timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
        ...what,
      }),
    });
  }
  send("page", { name: document.title });
  // send("track", { event: "product_viewed", properties: { sku: "4711", price: 19.9, currency: "EUR" } });
</script>
"""
ANALYTICS_JS = """
import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load(
  { writeKey: "<<KEY>>", cdnURL: "<<ADDRESS>>" },
  { integrations: { "Segment.io": { apiHost: "<<HOST>>/v1", protocol: "<<PROTOCOL>>" } } },
);
analytics.page();
analytics.track("Product Viewed", { sku: "4711", price: 19.9, currency: "EUR" });
"""
SWIFT = """
import Segment

let configuration = Configuration(writeKey: "<<KEY>>")
    .apiHost("<<HOST>>/v1")
    .cdnHost("<<HOST>>/v1")
    .flushAt(20)
let analytics = Analytics(configuration: configuration)
analytics.screen(title: "Product")
analytics.track(name: "Product Viewed", properties: ["sku": "4711"])
"""
KOTLIN = """
val analytics = Analytics("<<KEY>>", applicationContext) {
    apiHost = "<<HOST>>/v1"
    cdnHost = "<<HOST>>/v1"
    flushAt = 20
}
analytics.screen("Product")
analytics.track("Product Viewed", buildJsonObject { put("sku", "4711") })
"""
SEGMENT = """
# pip install segment-analytics-python
import segment.analytics as analytics

analytics.write_key = "<<KEY>>"
analytics.host = "<<ADDRESS>>"
analytics.identify("4711", {"email": "anna@example.com", "firstName": "Anna", "plan": "pro"})
analytics.track("4711", "Order Completed", {"value": 59.9, "currency": "EUR"})
analytics.flush()
"""
RUDDER = """
# pip install rudder-sdk-python
import rudderstack.analytics as rudder

rudder.write_key = "<<KEY>>"
rudder.dataPlaneUrl = "<<ADDRESS>>"
rudder.identify("4711", {"email": "anna@example.com", "firstName": "Anna", "plan": "pro"})
rudder.track("4711", "Order Completed", {"value": 59.9, "currency": "EUR"})
rudder.flush()
"""
NODE = """
// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "<<KEY>>", host: "<<ADDRESS>>" });
analytics.identify({ userId: "4711", traits: { email: "anna@example.com", firstName: "Anna", plan: "pro" } });
analytics.track({ userId: "4711", event: "Order Completed", properties: { value: 59.9, currency: "EUR" } });
await analytics.closeAndFlush();
"""
CONTACTS = """
curl <<ADDRESS>>/api/v1/contacts \\
  -H "Authorization: Bearer <<KEY>>" -H "Content-Type: application/json" \\
  -d '{"batch": [{"external_id": "4711", "email": "anna@example.com", "first_name": "Anna", "country": "AT", "account": "acme"}]}'
"""
EVENTS = """
curl <<ADDRESS>>/api/v1/events \\
  -H "Authorization: Bearer <<KEY>>" -H "Content-Type: application/json" \\
  -d '{"batch": [{"name": "order_placed", "contact": {"external_id": "4711"}, "message_id": "order-98765",
                  "occurred_at": "2026-05-04T12:00:00+02:00", "properties": {"value": 59.9, "currency": "EUR"}}]}'
"""
