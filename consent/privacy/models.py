"""The tables of people's requests, what they got, what stays of whom was erased, and how long what is kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Request(models.Model):
    """Somebody uses a right over their data. After an erasure it stays as the proof, without data about the person."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("access and export")
        ERASURE = "erasure", _("erasure")
        RECTIFICATION = "rectification", _("rectification")
        RESTRICTION = "restriction", _("restriction")
        OBJECTION = "objection", _("objection")

    class State(models.TextChoices):
        ASKED = "asked", _("waits for the mail to be confirmed")
        OPEN = "open", _("open")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    kind = models.CharField(_("right"), max_length=13, choices=Kind.choices)
    contact = models.ForeignKey("contacts.Contact", models.SET_NULL, null=True, blank=True, verbose_name=_("contact"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.OPEN)
    source = models.CharField(_("came by"), max_length=30)  # page, mail, phone, letter, staff
    text = models.TextField(_("what was asked"), blank=True, default="")  # emptied by an erasure
    received_at = models.DateTimeField(_("received"))
    due_on = models.DateField(_("due"))  # one month after it came in, GDPR Art. 12(3)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    result = models.JSONField(_("result"), default=dict)  # counts, never data about the person
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            models.Index(fields=["due_on"], name="request_open", condition=~Q(state__in=("done", "refused"))),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.state}"


class RequestLog(models.Model):
    """What was done about a request, by whom and when. Without data about the person."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="log", verbose_name=_("request"))
    what = models.CharField(_("what"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of a request")
        verbose_name_plural = _("entries of requests")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.what}"


class Export(models.Model):
    """What a person got who asked for their data: a file to fetch for a day."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="exports", verbose_name=_("request"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    content = models.BinaryField(_("content"))  # a zip of data.json and data.html
    size = models.PositiveIntegerField(_("bytes"))
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self) -> str:
        return f"{self.request_id} {self.size}"


class Tombstone(models.Model):
    """An address that must stay silent although the person was erased: a keyed digest, nothing that can be read."""

    channel = models.CharField(_("channel"), max_length=20, default="email")
    digest = models.CharField(_("digest"), max_length=64)  # HMAC-SHA-256 of the address in lower case, in hex
    reason = models.CharField(_("reason"), max_length=10)  # of the suppression that it was, or "erased"
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")
        constraints = [models.UniqueConstraint(fields=["channel", "digest"], name="tombstone_address")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class Retention(models.Model):
    """How long a class of data is kept; the classes stand in consent.privacy.rules."""

    slug = models.SlugField(_("class of data"), max_length=50, unique=True)
    days = models.PositiveIntegerField(_("kept for days"))
    active = models.BooleanField(_("active"), default=True)
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["slug"]

    def __str__(self) -> str:
        return f"{self.slug} {self.days}"
