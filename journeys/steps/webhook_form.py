"""The form of a webhook: where, what, how often, and what of the answer is kept."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from contacts.attributes.queries import definitions
from contacts.conditions.columns import column_name
from journeys.steps.fields import DurationField
from journeys.steps.forms import RowSet, StepForm

MOST_ROWS = 20


def _header_fields() -> dict[str, forms.Field]:
    return {
        "header": forms.CharField(label=_("Header"), max_length=100),
        "value": forms.CharField(label=_("Its value"), max_length=1000, required=False),
    }


def _answer_fields() -> dict[str, forms.Field]:
    choices = [("", _("choose an attribute"))] + [
        (one.key, column_name(one.key, "")) for one in definitions().values() if one.active
    ]
    return {
        "attribute": forms.ChoiceField(label=_("Attribute"), choices=choices),
        "path": forms.CharField(label=_("Where it stands in the answer"), max_length=500),
    }


class WebhookForm(StepForm):
    """The settings of a webhook."""

    rows = {
        "kept": RowSet(_("What is kept of the answer"), _("Keep a value"), MOST_ROWS, _answer_fields, {"path": "plan"}),
        "sent": RowSet(_("Headers"), _("Add a header"), MOST_ROWS, _header_fields),
    }
    advanced = ("secret", "answer_within", "retries")

    def kind_fields(self) -> dict[str, forms.Field]:
        """Address, body, patience."""
        secrets = [("", _("not signed"))] + [(name, name) for name in sorted(settings.WEBHOOK_SECRETS)]
        kept = self.step.get("secret")
        if kept and kept not in settings.WEBHOOK_SECRETS:
            secrets.append((kept, kept))
        body = _(
            "Empty: person, journey and run as JSON. Else your own JSON or text, with values like {{ contact.first_name }}."
        )
        return {
            "url": forms.CharField(
                label=_("Address"), max_length=2000, widget=forms.URLInput(attrs={"placeholder": "https://…"})
            ),
            "method": forms.ChoiceField(label=_("Method"), choices=[(one, one) for one in ("POST", "PUT", "GET")]),
            "body": forms.CharField(
                label=_("What is sent"),
                required=False,
                max_length=64 * 1024,
                widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
                help_text=body,
            ),
            "at_most": DurationField(label=_("Wait for an answer at most")),
            "secret": forms.ChoiceField(
                label=_("Signed with"),
                required=False,
                choices=secrets,
                help_text=_("Secrets are set on the server. A header takes one by the value secret:NAME."),
            ),
            "answer_within": DurationField(label=_("Each call takes at most"), required=False),
            "retries": forms.IntegerField(label=_("Repeated at most"), min_value=0, max_value=10, required=False),
        }

    def read(self, step: dict[str, Any]) -> dict[str, Any]:
        """Take the settings apart."""
        body = step.get("body", "")
        return {
            "url": step.get("url", ""),
            "method": step.get("method", "POST"),
            "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2),
            "at_most": step.get("at_most", "1h"),
            "secret": step.get("secret", ""),
            "answer_within": step.get("answer_within", "10s"),
            "retries": step.get("retries", 3),
            "kept": [{"attribute": key, "path": path} for key, path in (step.get("answer") or {}).items()],
            "sent": [{"header": name, "value": value} for name, value in (step.get("headers") or {}).items()],
        }

    def write(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put them together; what is as it is by default is left out."""
        step = {"url": given["url"], "method": given["method"], "at_most": given["at_most"]}
        if given["body"].strip():
            step["body"] = _body(given["body"])
        if given["secret"]:
            step["secret"] = given["secret"]
        if given["answer_within"] not in (None, "10s"):
            step["answer_within"] = given["answer_within"]
        if given["retries"] not in (None, 3):
            step["retries"] = given["retries"]
        if headers := {row["header"]: row["value"] for row in given["sent"]}:
            step["headers"] = headers
        if answer := {row["attribute"]: row["path"] for row in given["kept"]}:
            step["answer"] = answer
        return step


def _body(text: str) -> Any:
    """JSON where it is an object or a list, else the text."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return body if isinstance(body, dict | list) else text
