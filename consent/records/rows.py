"""How the consent leaf looks in the builder of conditions."""

from django.utils.translation import gettext_lazy as _

from contacts.conditions.rows import Part, Row, Words, name_part, register_row


def _consent(words: Words) -> list[Part]:
    return [name_part("consent", words, _("Purpose"))]


register_row(Row("consent", _("Consent"), {"consent": ""}, _consent))
