"""The tables of identity: further identifiers of people, merges and what they moved, block list, review queue."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Identifier(models.Model):
    """One more name that a person goes by, besides the columns of the contact.

    kind: "anonymous" (a browser, a device), "user" (an id of the team, e.g. of a person merged into this one), "email",
    "phone" (former ones), "apart" (a claim of somebody without proof), or the name of a source for its own ids ("crm").
    """

    kind = models.CharField(_("kind"), max_length=50)
    value = models.CharField(_("value"), max_length=320)
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, related_name="identifiers", verbose_name=_("contact")
    )
    source = models.CharField(_("source"), max_length=50, blank=True, default="")
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identifier_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class BlockedIdentifier(models.Model):
    """A value that says nothing about who somebody is: info@..., test, null, a shared device."""

    kind = models.CharField(_("kind"), max_length=50)
    value = models.CharField(_("value"), max_length=320)  # `info@*` stands for every domain
    why = models.CharField(_("why"), max_length=200, blank=True, default="")
    by = models.CharField(_("by"), max_length=200, default="default")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("blocked identifier")
        verbose_name_plural = _("blocked identifiers")
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="blockedidentifier_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Merge(models.Model):
    """Two people turned out to be one. `loser_id` is gone from the contacts until the merge is undone."""

    survivor = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="merges", verbose_name=_("survivor"))
    loser_id = models.BigIntegerField(_("merged contact"))
    why = models.CharField(_("why"), max_length=200)
    by = models.CharField(_("by"), max_length=200)
    at = models.DateTimeField(_("at"))
    loser = models.JSONField(_("merged contact as it was"))
    survivor_before = models.JSONField(_("survivor as it was"))
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [models.UniqueConstraint(fields=["loser_id"], name="merge_once", condition=Q(undone_at=None))]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.survivor_id}"


class MergedRow(models.Model):
    """A row that a merge touched, so that an undo can bring it back.

    content: null where the row moved to the survivor, the whole row as it was where it was changed or taken away, {} where
    the merge made it.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows", verbose_name=_("merge"))
    table = models.CharField(_("table"), max_length=63)
    row_id = models.BigIntegerField(_("row"))
    content = models.JSONField(_("content"), null=True)

    class Meta:
        verbose_name = _("merged row")
        verbose_name_plural = _("merged rows")

    def __str__(self) -> str:
        return f"{self.merge_id} {self.table} {self.row_id}"


class MergeProposal(models.Model):
    """Two people who may be one, for somebody to decide. A merge takes it away."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DUE = "due", _("due")  # decided by the rules already: the next tick merges them
        REFUSED = "refused", _("two people")

    first = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="+", verbose_name=_("first"))
    second = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="+", verbose_name=_("second"))
    kind = models.CharField(_("shared identifier"), max_length=50)
    value = models.CharField(_("value"), max_length=320)
    reason = models.CharField(_("why not by itself"), max_length=40)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField(_("at"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("merge proposal")
        verbose_name_plural = _("merge proposals")
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="mergeproposal_once")]  # first < second
        indexes = [
            models.Index(fields=["-id"], name="mergeproposal_open", condition=Q(state="open")),
            models.Index(fields=["id"], name="mergeproposal_due", condition=Q(state="due")),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"
