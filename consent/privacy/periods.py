"""How long what is kept unless the privacy officer says otherwise, and what has no period of its own."""

from consent.privacy.rules import RetentionClass, Text

# In the order in which they are carried out: whoever goes as a person takes their rows along (files are looked at before).
CLASSES: dict[str, RetentionClass] = {
    "imports": RetentionClass(
        {
            "en": "Files, refused rows and values before an import",
            "de": "Dateien, abgelehnte Zeilen und Werte vor einem Import",
        },
        30,
        most=30,
    ),
    "inactive": RetentionClass(
        {
            "en": "People without consent, orders, events or sales, since their last sign of life",
            "de": "Menschen ohne Einwilligung, Bestellung, Ereignis oder Vertrieb, seit dem letzten Lebenszeichen",
        },
        1095,
        starts=False,  # nobody is erased by a rule that no person has switched on
    ),
    "runs": RetentionClass(
        {
            "en": "Runs through journeys that are over, with their messages",
            "de": "Beendete Journey-Durchläufe mit ihren Nachrichten",
        },
        1095,
    ),
    "verdicts": RetentionClass(
        {"en": "Details of decisions on messages", "de": "Einzelheiten der Entscheidungen über Nachrichten"}, 730
    ),
    "calls": RetentionClass(
        {
            "en": "Calls of webhooks and their answers; who was taken off an audience of an ad platform",
            "de": "Webhook-Aufrufe und Antworten; wer aus einer Zielgruppe einer Werbeplattform entfernt wurde",
        },
        90,
    ),
    "refusals": RetentionClass(
        {
            "en": "Refused entries into journeys, refused offers",
            "de": "Abgelehnte Eintritte in Journeys, abgelehnte Angebote",
        },
        365,
    ),
    "triggers": RetentionClass({"en": "Triggers that were looked at", "de": "Auslöser, die angesehen wurden"}, 30),
    "offers": RetentionClass({"en": "Offers that are over", "de": "Angebote, die vorbei sind"}, 1095),
    "events": RetentionClass({"en": "Events, points given by journeys", "de": "Ereignisse, Punkte aus Journeys"}, 1095),
    "changes": RetentionClass(
        {"en": "History of segments, stages and signals", "de": "Verlauf von Segmenten, Stufen und Signalen"}, 1095
    ),
    "handovers": RetentionClass(
        {
            "en": "Closed handovers and tasks with notes",
            "de": "Abgeschlossene Übergaben und Aufgaben mit Notizen",
        },
        1095,
    ),
    "devices": RetentionClass(
        {"en": "Browsers and devices not seen again", "de": "Browser und Geräte, die nicht mehr auftauchen"}, 400
    ),
    "apart": RetentionClass({"en": "Values that nobody has defined", "de": "Werte, die niemand definiert hat"}, 90),
    "merges": RetentionClass(
        {"en": "What is kept to undo a merge", "de": "Was zum Rückgängigmachen einer Zusammenführung bleibt"},
        30,
        most=30,
    ),
    "arrivals": RetentionClass({"en": "Requests of machines", "de": "Anfragen von Maschinen"}, 90),
    "exports": RetentionClass(
        {"en": "Exports that a person could fetch, after they ran out", "de": "Exporte zum Abholen, nach ihrem Ablauf"},
        0,
        most=7,
    ),
    "mails": RetentionClass({"en": "Service mails", "de": "Servicemails"}, 90),
    "signups": RetentionClass(
        {
            "en": "Sign-ups that nobody confirmed, after they ran out; confirmed ones ten times as long",
            "de": "Nicht bestätigte Anmeldungen, nach Ablauf; bestätigte zehnmal so lange",
        },
        30,
    ),
    "asked": RetentionClass({"en": "Requests that nobody confirmed", "de": "Anträge, die niemand bestätigt hat"}, 7),
    "requests": RetentionClass({"en": "Answered requests", "de": "Beantwortete Anträge"}, 1095),
    "proofs": RetentionClass(
        {
            "en": "Proof of consent, after the last of a person's consents ended",
            "de": "Nachweise, nach Ende der letzten Einwilligung eines Menschen",
        },
        1095,
    ),
}
# Periods that no rule here ends.
OTHERS: dict[str, Text] = {
    "queue": {"en": "seconds: a queue", "de": "Sekunden: eine Warteschlange"},
    "forever": {
        "en": "as long as the product is used: it protects the person",
        "de": "solange das Produkt benutzt wird: zum Schutz der Person",
    },
    "staff": {"en": "as long as somebody works here", "de": "solange jemand hier arbeitet"},
    "": {"en": "no personal data", "de": "keine personenbezogenen Daten"},
}
