"""What we keep of the circumstances an SDK sends: campaign, page and class of device; no IP address, no user agent.

Source: GDPR Art. 5(1)(c), keep no more than is needed.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

CAMPAIGN = {"source": "utm_source", "medium": "utm_medium", "name": "utm_campaign", "term": "utm_term"}
CAMPAIGN |= {"content": "utm_content"}
PAGE = ("path", "url", "referrer", "title")
MOST = 500  # characters of one of these texts
TABLET = re.compile(r"iPad|Tablet|Android(?!.*Mobile)", re.I)
PHONE = re.compile(r"Mobi|iPhone|iPod|Android", re.I)


def circumstances(context: Mapping[str, Any]) -> dict[str, str]:
    """Say where and on what an event happened, as properties: utm_source ..., page_path ..., device."""
    found = _campaign(context)
    page = _dict(context.get("page"))
    for name in PAGE:
        if text := _short(page.get(name)):
            found[f"page_{name}"] = text if name == "title" else clean_address(text)
    if device := _device(context):
        found["device"] = device
    return found


def page_properties(properties: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """Give the properties of a page or screen event: addresses cleaned, what is missing taken from the context."""
    given = dict(properties)
    page = _dict(context.get("page"))
    for name in PAGE:
        if name not in given and (text := _short(page.get(name))):
            given[name] = text
    for name in ("url", "path", "referrer"):
        if isinstance(given.get(name), str):
            given[name] = clean_address(given[name][:MOST])
    given.pop("search", None)  # the query string: its campaign is kept, see `clean_address`
    found = _campaign(context) | ({"device": device} if (device := _device(context)) else {})
    return found | given


def clean_address(address: str) -> str:
    """Take out of an address what may be personal: user names, e-mail addresses, and the query except the campaign."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    path = "/".join("-" if "@" in step or "%40" in step else step for step in parts.path.split("/"))
    campaign = [(name, text) for name, text in parse_qsl(parts.query) if name in CAMPAIGN.values() and "@" not in text]
    return urlunsplit((parts.scheme, host + port, quote(path, safe="/%:;,+~!*'()"), urlencode(campaign), ""))


def _campaign(context: Mapping[str, Any]) -> dict[str, str]:
    campaign = _dict(context.get("campaign"))
    return {ours: text for theirs, ours in CAMPAIGN.items() if (text := _short(campaign.get(theirs)))}


def _device(context: Mapping[str, Any]) -> str:
    """Class of the device: phone, tablet or desktop; empty when nothing tells."""
    agent, device = context.get("userAgent"), _dict(context.get("device"))
    if isinstance(agent, str):
        return "tablet" if TABLET.search(agent) else "phone" if PHONE.search(agent) else "desktop"
    if device.get("type") in ("ios", "android"):
        return "tablet" if re.search("ipad|tablet", f"{device.get('name')} {device.get('model')}", re.I) else "phone"
    return ""


def _dict(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _short(given: Any) -> str:
    return given[:MOST] if isinstance(given, str) else ""
