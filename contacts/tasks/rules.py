"""Teams, and what may come of a task."""

from collections.abc import Mapping

from orchestrator.kernel.fields import translated

Text = Mapping[str, str]
OPEN, DONE, DECLINED = "open", "done", "declined"
EVENT = "task_done"
LAST = "last"  # the rule for an owner: whoever dealt with the person last
TITLE_LIMIT, TEXT_LIMIT = 200, 4_000  # characters once filled
TEAMS: dict[str, Text] = {
    "sales": {"en": "Sales", "de": "Vertrieb"},
    "service": {"en": "Service", "de": "Service"},
}
OUTCOMES: dict[str, dict[str, Text]] = {
    DONE: {
        "successful": {"en": "successful", "de": "erfolgreich"},
        "again_later": {"en": "wants to hear from us later", "de": "möchte später von uns hören"},
        "not_interested": {"en": "not interested", "de": "kein Interesse"},
        "no_result": {"en": "without a result", "de": "ohne Ergebnis"},
    },
    DECLINED: {
        "not_reachable": {"en": "cannot be reached", "de": "ist nicht erreichbar"},
        "not_ours": {"en": "not for our team", "de": "nicht für unser Team"},
        "settled": {"en": "settled already", "de": "schon erledigt"},
        "no_time": {"en": "no time for it", "de": "keine Zeit dafür"},
    },
}


def say_outcome(code: str, language: str | None = None) -> str:
    """Say what came of a task; empty for nothing yet, the code itself for one from before."""
    for outcomes in OUTCOMES.values():
        if code in outcomes:
            return translated(dict(outcomes[code]), language)
    return code
