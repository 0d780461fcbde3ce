"""The tables of the team's own attributes, and of values that nobody has defined yet."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.attributes.rules import KIND_NAMES, Kind
from orchestrator.kernel.fields import Named

KINDS = [(kind.value, KIND_NAMES[kind]["en"]) for kind in Kind]


class Attribute(Named):
    """One attribute of people: what it is called, what it may hold, where it comes from, and why we keep it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        IGNORED = "ignored", _("ignored")  # dropped on arrival: somebody decided not to know this
        LEAVING = (
            "leaving",
            _("being deleted"),
        )  # dropped on arrival; values are removed in portions, then it goes itself

    key = models.CharField(_("key"), max_length=200, unique=True)  # as it stands in contacts_contact.attributes
    kind = models.CharField(_("type"), max_length=8, choices=KINDS, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)  # [{"value": ..., "en": ..., "de": ...}]
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.ACTIVE)
    source = models.CharField(_("source"), max_length=50, blank=True, default="")  # who delivers it; empty: anybody
    purpose = models.CharField(_("purpose"), max_length=200, blank=True, default="")  # what we need it for, in words
    sensitive = models.BooleanField(_("sensitive"), default=False)
    keep_days = models.PositiveIntegerField(_("kept for days"), null=True, blank=True)  # null: as long as the person
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["key"]


class ApartValue(models.Model):
    """A value under a key that nobody has defined: kept apart from the person until the key is adopted or ignored."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    key = models.CharField(_("key"), max_length=200)
    value = models.JSONField(_("value"))
    source = models.CharField(_("source"), max_length=50)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("value kept apart")
        verbose_name_plural = _("values kept apart")
        constraints = [models.UniqueConstraint(fields=["key", "contact"], name="apartvalue_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.key}"
