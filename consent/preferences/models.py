"""The tables of what people choose themselves: frequency and pause, sign-ups, and the service mails they ask for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Preference(models.Model):
    """How often a person wants to hear from us."""

    class Frequency(models.TextChoices):
        NORMAL = "normal", _("as now")
        LESS = "less", _("less")

    contact = models.OneToOneField("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    frequency = models.CharField(_("how often"), max_length=6, choices=Frequency.choices, default=Frequency.NORMAL)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.contact_id} {self.frequency}"


class SignupForm(Named):
    """A public form by which people sign up; each choice is separate and unticked."""

    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    intro_en = models.TextField(_("text (English)"), blank=True, default="")
    intro_de = models.TextField(_("text (German)"), blank=True, default="")
    fields = models.JSONField(
        _("also asked for"), default=list, blank=True
    )  # of first_name, last_name, country; never required
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("sign-up form")
        verbose_name_plural = _("sign-up forms")
        ordering = ["slug"]


class SignupChoice(models.Model):
    """One purpose that a form asks about."""

    form = models.ForeignKey(SignupForm, models.CASCADE, related_name="choices", verbose_name=_("form"))
    purpose = models.ForeignKey("consent.Purpose", models.PROTECT, verbose_name=_("purpose"))
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("choice of a form")
        verbose_name_plural = _("choices of forms")
        ordering = ["form", "position"]
        constraints = [models.UniqueConstraint(fields=["form", "purpose"], name="signupchoice_once")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.purpose_id}"


class Signup(models.Model):
    """Somebody asked to be signed up under an address; nothing is agreed until the link in the mail is confirmed."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CONFIRMED = "confirmed", _("confirmed")
        EXPIRED = "expired", _("expired")

    form = models.ForeignKey(SignupForm, models.PROTECT, null=True, blank=True, verbose_name=_("form"))
    # empty until confirmed, unless somebody known changes something that only a confirmation may change
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, null=True, blank=True, verbose_name=_("contact"))
    email = models.CharField(_("e-mail"), max_length=320)
    language = models.CharField(_("language"), max_length=2, default="de")
    fields = models.JSONField(_("said about themselves"), default=dict)
    choices = models.JSONField(_("choices"), default=list)  # [{"purpose": slug, "wording": name, "digest": hex}]
    url = models.CharField(_("address of the form"), max_length=500, blank=True, default="")
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    requested_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        indexes = [
            models.Index(fields=["email", "requested_at"], name="signup_email"),
            models.Index(fields=["expires_at"], name="signup_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class ServiceMail(models.Model):
    """A mail that somebody asked for (confirm, export, erase): sent at least once by orchestrator.channels, no marketing."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=20)
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, null=True, blank=True, verbose_name=_("contact"))
    address = models.CharField(_("address"), max_length=320)
    language = models.CharField(_("language"), max_length=2, default="de")
    values = models.JSONField(_("values"), default=dict)  # what the template of this kind is filled with
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    words = models.CharField(_("answer"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("service mail")
        verbose_name_plural = _("service mails")
        indexes = [
            models.Index(fields=["next_at"], name="servicemail_waiting", condition=Q(state="waiting")),
            models.Index(fields=["address", "created_at"], name="servicemail_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
