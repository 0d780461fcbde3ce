"""The tables of facts. `contacts_event` is partitioned by month of `occurred_at` (see the first migration)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class EventType(Named):
    """A name of events, and whether it is behaviour (needs profiling consent), a transaction, or our own feedback."""

    class Kind(models.TextChoices):
        BEHAVIOUR = "behaviour", _("behaviour")
        TRANSACTION = "transaction", _("transaction")
        FEEDBACK = "feedback", _("feedback")

    slug = models.SlugField(_("event"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.BEHAVIOUR)

    class Meta:
        verbose_name = _("event type")
        verbose_name_plural = _("event types")


class Event(models.Model):
    """A fact about a person at `occurred_at`, received at `received_at`. Append-only."""

    # In the database the primary key is (id, occurred_at), since the table is partitioned; id alone is unique too (identity).
    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, db_constraint=False, db_index=False, verbose_name=_("contact")
    )
    name = models.CharField(_("event"), max_length=100)
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"))
    properties = models.JSONField(_("properties"), default=dict)
    source = models.CharField(_("source"), max_length=50)
    message_id = models.CharField(_("message id"), max_length=200)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_at:%Y-%m-%d %H:%M}"


class MessageId(models.Model):
    """Which messages arrived already: `key` is md5(source, message id) as uuid. Kept as long as events are."""

    key = models.UUIDField(primary_key=True)

    class Meta:
        verbose_name = _("message id")
        verbose_name_plural = _("message ids")

    def __str__(self) -> str:
        return str(self.key)


class News(models.Model):
    """A contact with news for the pulse: `name` is an event's name, or "profile", "consent", "handover".

    Append-only queue without a unique key: writers never wait for a tick that is just taking rows.
    """

    contact_id = models.BigIntegerField(_("contact"))
    name = models.CharField(_("what"), max_length=100)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("news")
        verbose_name_plural = _("news")

    def __str__(self) -> str:
        return f"{self.contact_id} {self.name}"
