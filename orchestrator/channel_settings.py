"""What channels need to know of the providers they talk to; a part of orchestrator.settings, from the same environment."""

from email.utils import parseaddr

import environ

env = environ.Env()
MAIL_FROM = env.str("MAIL_FROM", "Nordlicht <hello@nordlicht.example>")
MAIL_IMPRINT = env.str("MAIL_IMPRINT", MAIL_FROM, multiline=True)  # the sender's legal address, below each mail
# --- webhooks and audiences
WEBHOOK_CONCURRENCY = env.int("WEBHOOK_CONCURRENCY", 16)  # calls of webhooks at the same time, by all workers together
# "host:port" that webhooks may call beside the public web
WEBHOOK_ALLOW_PRIVATE = env.list("WEBHOOK_ALLOW_PRIVATE", default=[])
WEBHOOK_SECRETS = env.dict("WEBHOOK_SECRETS", default={})  # name=value,...: signatures and headers of webhooks
AUDIENCE_EVERY_MINUTES = env.int(
    "AUDIENCE_EVERY_MINUTES", 15
)  # how often audiences at ad platforms are brought in step
# "host:port" that audiences may call beside the public web (a stand-in in tests)
AUDIENCE_ALLOW_PRIVATE = env.list("AUDIENCE_ALLOW_PRIVATE", default=[])
GOOGLE_DATA_MANAGER_URL = env.str("GOOGLE_DATA_MANAGER_URL", "https://datamanager.googleapis.com/v1")
GOOGLE_TOKEN_URL = env.str("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
# access to Google: a client with a refresh token (scope datamanager), or a token that somebody else keeps fresh
GOOGLE_ADS_CLIENT_ID = env.str("GOOGLE_ADS_CLIENT_ID", "")
GOOGLE_ADS_CLIENT_SECRET = env.str("GOOGLE_ADS_CLIENT_SECRET", "")
GOOGLE_ADS_REFRESH_TOKEN = env.str("GOOGLE_ADS_REFRESH_TOKEN", "")
GOOGLE_ADS_ACCESS_TOKEN = env.str("GOOGLE_ADS_ACCESS_TOKEN", "")
META_GRAPH_URL = env.str("META_GRAPH_URL", "https://graph.facebook.com/v25.0")
META_ADS_TOKEN = env.str("META_ADS_TOKEN", "")  # of a system user who may manage the ad account's audiences
# --- channels beside e-mail
# SMS: "twilio", or "http" for any service that SMS_HTTP describes; empty: there is no such channel (docs/guide/sms.md)
SMS_PROVIDER = env.str("SMS_PROVIDER", "")
SMS_FROM = env.str("SMS_FROM", "")  # number, name of up to 11 letters, or Twilio's MG... for a messaging service
SMS_TWILIO_URL = env.str("SMS_TWILIO_URL", "https://api.twilio.com").rstrip("/")
SMS_TWILIO_ACCOUNT = env.str("SMS_TWILIO_ACCOUNT", "")
SMS_TWILIO_TOKEN = env.str("SMS_TWILIO_TOKEN", "")  # also signs what Twilio tells us
SMS_HTTP = env.json(
    "SMS_HTTP", default={}
)  # {"url", "method", "headers", "body", "form", "idempotent", "error", "dead", "stopped"}
SMS_STOP = {  # the last line of marketing by SMS, where its text does not say how to stop
    "en": env.str("SMS_STOP_EN", "Reply STOP to opt out."),
    "de": env.str("SMS_STOP_DE", "Abmelden: STOP antworten."),
}
# Web push: our key (`manage.py vapid_key` makes one), and whom push services write to; empty: there is no such channel
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", "")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", f"mailto:{parseaddr(MAIL_FROM)[1]}")
# Letters: the line above the address, "Nordlicht GmbH · Hafenstr. 1 · 20457 Hamburg"; empty: there is no such channel
LETTER_FROM = env.str("LETTER_FROM", "")
LETTER_PLACE = env.str("LETTER_PLACE", "")  # before the date, "Hamburg"
LETTER_COUNTRY = env.str("LETTER_COUNTRY", "DE")  # addresses here need no country
LETTER_CLOSE_HOUR = env.int("LETTER_CLOSE_HOUR", 18)  # when the batch of a day closes, on the clock of the team
LETTER_OBJECTION = {  # GDPR Art. 21(4): stands below marketing by letter
    "en": env.str("LETTER_OBJECTION_EN", "You may object to advertising by post at any time; a line to us is enough."),
    "de": env.str(
        "LETTER_OBJECTION_DE",
        "Sie können Werbung per Post jederzeit widersprechen; eine kurze Nachricht an uns genügt.",
    ),
}
# the shop's events that recommendations are counted from
RECOMMEND_SEEN = env.list("RECOMMEND_SEEN", default=["product_viewed", "product_added"])
RECOMMEND_BOUGHT = env.list("RECOMMEND_BOUGHT", default=["order_placed", "order_completed", "product_bought"])
