"""Fields and mixins that the tables of several rooms share."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def translated(texts: dict[str, str] | str | None, language: str | None = None) -> str:
    """Pick the text of a language out of `{"en": ..., "de": ...}`, English where it is missing.

    language: "en" or "de"; the active one when None. A plain string is returned as it is.
    """
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    language = (language or get_language() or "en")[:2]
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


class Named(models.Model):
    """A thing that people name, in English and German."""

    name_en = models.CharField(_("name (English)"), max_length=200)
    name_de = models.CharField(_("name (German)"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.named()

    def named(self, language: str | None = None) -> str:
        """Say the name in a language ("en" or "de"), the active one when None."""
        return translated({"en": self.name_en, "de": self.name_de}, language)
