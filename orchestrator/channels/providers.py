"""Providers of mail that are called over HTTP: what each needs from the environment, and what it can do."""

from collections.abc import Mapping
from typing import Any, NamedTuple

SECONDS = 10  # for one call of a provider, from the connection to the last byte


class Provider(NamedTuple):
    """One provider as Anymail calls it.

    needs, may: names in the environment, which are Anymail's own. metadata: it tells us with each event what we told it with
    the message. untracked: a message can say that nothing in it is counted; elsewhere that is switched off at the provider.
    key: where a repetition carries what makes it harmless: "request" (for a day), "mail" (for minutes: no reason to repeat).
    """

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    metadata: bool = True
    untracked: bool = True
    key: str = ""


PROVIDERS = {
    "amazon_ses": Provider((), ("AMAZON_SES_CONFIGURATION_SET_NAME", "AMAZON_SES_REGION"), untracked=False),
    "brevo": Provider(("BREVO_API_KEY",), ("BREVO_API_URL",), untracked=False, key="mail"),
    "mailgun": Provider(("MAILGUN_API_KEY", "MAILGUN_SENDER_DOMAIN"), ("MAILGUN_API_URL",)),
    "mailjet": Provider(("MAILJET_API_KEY", "MAILJET_SECRET_KEY"), ("MAILJET_API_URL",)),
    "postal": Provider(("POSTAL_API_KEY", "POSTAL_API_URL"), metadata=False, untracked=False),
    "postmark": Provider(("POSTMARK_SERVER_TOKEN",), ("POSTMARK_MESSAGE_STREAM", "POSTMARK_API_URL")),
    "resend": Provider(("RESEND_API_KEY",), ("RESEND_API_URL",), untracked=False, key="request"),
    "scaleway": Provider(
        ("SCALEWAY_SECRET_KEY", "SCALEWAY_PROJECT_ID"), ("SCALEWAY_REGION", "SCALEWAY_API_URL"), untracked=False
    ),
    "sendgrid": Provider(("SENDGRID_API_KEY",), ("SENDGRID_API_URL",)),
    "sparkpost": Provider(("SPARKPOST_API_KEY",), ("SPARKPOST_API_URL", "SPARKPOST_SUBACCOUNT")),
}


class NoProvider(Exception):
    """The setting MAIL_PROVIDER names no provider, or something that it needs is not in the environment."""


def backend_of(name: str) -> str:
    """The mail backend of a provider. Raises NoProvider."""
    if name not in PROVIDERS:
        raise NoProvider(f"MAIL_PROVIDER={name} is not known: expected one of {', '.join(PROVIDERS)}")
    return f"anymail.backends.{name}.EmailBackend"


def anymail_settings(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """What Anymail is told about a provider, from the environment. Raises NoProvider."""
    provider = PROVIDERS[name]
    if missing := [one for one in provider.needs if not environment.get(one)]:
        raise NoProvider(f"MAIL_PROVIDER={name} needs {' and '.join(missing)} in the environment")
    given: dict[str, Any] = {one: environment[one] for one in (*provider.needs, *provider.may) if environment.get(one)}
    if name == "amazon_ses":  # requests of AWS's own library have no door of ours, but its time-outs
        region = given.pop("AMAZON_SES_REGION", None)
        limits = {"connect_timeout": SECONDS / 2, "read_timeout": SECONDS, "retries": {"total_max_attempts": 1}}
        given["AMAZON_SES_CLIENT_PARAMS"] = {"config": limits} | ({"region_name": region} if region else {})
    return {**given, "REQUESTS_TIMEOUT": SECONDS}
