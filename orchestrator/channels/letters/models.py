"""The tables of letters: batches, the letters in them, and who took which file out."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LetterBatch(models.Model):
    """Letters that are printed together. One is open at a time."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        PRINTED = "printed", _("printed")

    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    printed_at = models.DateTimeField(_("printed"), null=True, blank=True)  # the file was taken out for the first time

    class Meta:
        verbose_name = _("batch of letters")
        verbose_name_plural = _("batches of letters")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="open"), name="letterbatch_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class Letter(models.Model):
    """One letter, filled. reason: why it was taken out again before it was printed; empty: it goes out."""

    batch = models.ForeignKey(LetterBatch, models.PROTECT, related_name="letters", verbose_name=_("batch"))
    touch = models.OneToOneField("journeys.Touch", models.CASCADE, db_constraint=False, verbose_name=_("touch"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    language = models.CharField(_("language"), max_length=2)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    text = models.TextField(_("text"))
    marketing = models.BooleanField(_("marketing"))  # says how to object
    name = models.CharField(_("name"), max_length=400, blank=True)
    company = models.CharField(_("company"), max_length=300, blank=True)
    street = models.CharField(_("street"), max_length=300)
    postal_code = models.CharField(_("postal code"), max_length=40)
    city = models.CharField(_("city"), max_length=200)
    country = models.CharField(_("country"), max_length=2, blank=True)
    reason = models.CharField(_("taken out because"), max_length=60, blank=True, default="")
    at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [models.Index(fields=["batch", "postal_code", "id"], name="letter_batch_order")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.pk}"


class LetterDownload(models.Model):
    """Somebody took a file out of a batch. Only written, never changed."""

    class What(models.TextChoices):
        PDF = "pdf", _("letters (PDF)")
        CSV = "csv", _("addresses (CSV)")

    batch = models.ForeignKey(LetterBatch, models.PROTECT, related_name="downloads", verbose_name=_("batch"))
    what = models.CharField(_("file"), max_length=3, choices=What.choices)
    letters = models.PositiveIntegerField(_("letters"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("download of letters")
        verbose_name_plural = _("downloads of letters")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.what}"
