"""Reasons for refusing an entry, for leaving a journey, and for not sending a touch: a sentence each, en and de."""

from orchestrator.kernel.fields import translated

ENTRY_REASONS = {
    "already_in": ("is in this journey already", "ist bereits in dieser Journey"),
    "reentry_blocked": (
        "was in this journey before and may not enter again",
        "war schon in dieser Journey und darf nicht erneut eintreten",
    ),
    "delay_not_over": (
        "may enter again only after a delay that is not over yet",
        "darf erst nach einer Frist erneut eintreten, die noch läuft",
    ),
    "excluded": ("is excluded from this journey", "ist von dieser Journey ausgeschlossen"),
    "holdout_global": (
        "belongs to a group that is kept out of all journeys, for comparison",
        "gehört zu einer Gruppe, die zum Vergleich aus allen Journeys herausgehalten wird",
    ),
    "holdout_journey": (
        "belongs to a group that is kept out of this journey, for comparison",
        "gehört zu einer Gruppe, die zum Vergleich aus dieser Journey herausgehalten wird",
    ),
    "condition_unmet": ("does not meet the condition of entry", "erfüllt die Eintrittsbedingung nicht"),
    "no_profiling_consent": (
        "has not agreed to profiling, which this entry needs",
        "hat der Profilbildung nicht zugestimmt, die dieser Eintritt braucht",
    ),
    "restricted": (
        "has had the use of their data restricted",
        "hat die Nutzung der eigenen Daten einschränken lassen",
    ),
    "paused": ("came while the journey took in nobody", "kam, während die Journey niemanden aufnahm"),
    "limit_person": ("has been in this journey as often as allowed", "war so oft in dieser Journey wie erlaubt"),
    "limit_journey": (
        "came when the journey had taken in as many people as allowed",
        "kam, als die Journey so viele Personen aufgenommen hatte wie erlaubt",
    ),
    "limit_open_journeys": (
        "is in as many journeys at once as allowed",
        "ist in so vielen Journeys gleichzeitig wie erlaubt",
    ),
    "late_event": ("the event arrived too late to act on it", "das Ereignis kam zu spät, um darauf zu handeln"),
}
LEFT_REASONS = {
    "completed": ("reached the end of the journey", "hat das Ende der Journey erreicht"),
    "goal": ("reached the goal", "hat das Ziel erreicht"),
    "exit_condition": ("met an exit condition", "hat eine Ausstiegsbedingung erfüllt"),
    "exit_event": ("did what ends the journey", "hat getan, was die Journey beendet"),
    "segment_left": ("left the segment that the journey is for", "hat das Segment verlassen, für das die Journey ist"),
    "stage": ("came into a stage that ends the journey", "kam in eine Stufe, die die Journey beendet"),
    "account_closed": ("works for a company that was closed", "gehört zu einer Firma, die geschlossen wurde"),
    "consent_withdrawn": ("withdrew consent", "hat die Einwilligung widerrufen"),
    "max_age": ("stayed longer than the journey allows", "blieb länger, als die Journey erlaubt"),
    "stopped": ("was taken out by a colleague", "wurde von einer Kollegin oder einem Kollegen herausgenommen"),
    "merged": (
        "is one person with somebody who is in this journey already",
        "ist dieselbe Person wie jemand, der bereits in dieser Journey ist",
    ),
    "moved_version": ("moved to another version", "wurde in eine andere Version verschoben"),
    "error": ("was stopped by an error", "wurde durch einen Fehler gestoppt"),
}
TOUCH_REASONS = {
    "left_journey": ("the person has left the journey", "die Person hat die Journey verlassen"),
    "sent_before_merge": (
        "the person gets this message already under another name",
        "die Person bekommt diese Nachricht bereits unter einem anderen Namen",
    ),
    "expired": (
        "the time in which this message makes sense is over",
        "die Zeit, in der diese Nachricht sinnvoll ist, ist vorbei",
    ),
    "journey_paused": ("the journey is paused", "die Journey ist pausiert"),
    "no_address": ("there is no address for this channel", "für diesen Kanal fehlt eine Adresse"),
    "address_bounced": ("mail to this address came back", "Post an diese Adresse kam zurück"),
    "complained": ("the person complained about our mail", "die Person hat sich über unsere Post beschwert"),
    "suppressed": ("this address is blocked", "diese Adresse ist gesperrt"),
    "no_consent": ("there is no consent for this purpose", "für diesen Zweck fehlt die Einwilligung"),
    "unsubscribed": ("the person has withdrawn consent", "die Person hat die Einwilligung widerrufen"),
    "holdout": (
        "the person is in the holdout: measured, never contacted",
        "die Person ist in der Kontrollgruppe: gemessen, nie kontaktiert",
    ),
    "sales_conversation": (
        "sales is in conversation with this person or account",
        "der Vertrieb spricht gerade mit dieser Person oder Firma",
    ),
    "rest_after_decline": (
        "the person declined an offer and rests from offers",
        "die Person hat ein Angebot abgelehnt und hat Ruhe vor Angeboten",
    ),
    "offer_conflict": (
        "the offer is not open to this person any more, or another one is",
        "das Angebot steht dieser Person nicht mehr offen, oder ein anderes ist offen",
    ),
    "restricted": (
        "the person's data is restricted: it is used for nothing at the moment",
        "die Daten der Person sind eingeschränkt: sie werden zurzeit für nichts verwendet",
    ),
    "rest_after_goal": (
        "the person has just reached a goal and rests from marketing",
        "die Person hat gerade ein Ziel erreicht und hat Ruhe vor Werbung",
    ),
    "paused_by_person": ("the person asked for a pause", "die Person hat um eine Pause gebeten"),
    "slot_reserved": (
        "the place is kept for a journey with a higher priority that needs it soon",
        "der Platz ist für eine Journey mit höherer Priorität frei gehalten, die ihn bald braucht",
    ),
    "quiet_hours": ("quiet hours at the person's place", "Ruhezeit am Ort der Person"),
    "outranked": ("a journey with a higher priority has the slot", "eine Journey mit höherer Priorität hat den Platz"),
    "missing_content": (
        "the content has no approved text in this language",
        "der Inhalt hat keinen freigegebenen Text in dieser Sprache",
    ),
    "template_error": ("the text could not be filled in", "der Text konnte nicht ausgefüllt werden"),
    "warm_up": (
        "the sender is new and has sent as much as is good for it today",
        "der Absender ist neu und hat heute so viel gesendet, wie ihm guttut",
    ),
    "no_sender": ("nobody is set whom the message is from", "es ist niemand als Absender eingerichtet"),
    "no_imprint": ("the message lacks the legal address of the sender", "in der Nachricht fehlt das Impressum"),
    "no_unsubscribe": ("the message lacks a way to unsubscribe", "in der Nachricht fehlt der Abmeldelink"),
    "no_text": ("the message has no part of plain text", "die Nachricht hat keinen Textteil"),
    "provider_rejected": (
        "the mail server refused the message for good",
        "der Mailserver hat die Nachricht endgültig abgelehnt",
    ),
    "provider_unavailable": (
        "the mail server cannot be reached, it is tried again",
        "der Mailserver ist nicht erreichbar, es wird erneut versucht",
    ),
    "rate_limited": (
        "more messages wait than may go out at a time: it goes out in its turn",
        "es warten mehr Nachrichten, als auf einmal versendet werden dürfen: sie geht hinaus, wenn sie an der Reihe ist",
    ),
    "unknown_outcome": (
        "the answer of the mail server was lost: never sent again blindly",
        "die Antwort des Mailservers ging verloren: wird nie blind erneut gesendet",
    ),
}
CAP_PREFIX = "cap_"  # cap_<slug of the limit>
CAP_SENTENCE = ("the limit “{limit}” is used up", "das Limit „{limit}“ ist ausgeschöpft")
REASONS = {**ENTRY_REASONS, **LEFT_REASONS, **TOUCH_REASONS}


def say_reason(code: str, language: str | None = None, *, limit: str = "") -> str:
    """Say a reason's code as a sentence for people ("en" or "de", the active language when None).

    limit: the name of the limit for codes that start with "cap_" (its slug when empty).
    Raises UnknownReason.
    """
    if not code:
        return ""
    if code.startswith(CAP_PREFIX):
        en, de = CAP_SENTENCE
        name = limit or code.removeprefix(CAP_PREFIX)
        return translated({"en": en.format(limit=name), "de": de.format(limit=name)}, language)
    if code not in REASONS:
        raise UnknownReason(code)
    en, de = REASONS[code]
    return translated({"en": en, "de": de}, language)


class UnknownReason(Exception):
    """A reason code without a sentence."""
