"""The table of API keys."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """A key of a machine. Only its SHA-256 is kept; `prefix` tells people which one it is."""

    class Scope(models.TextChoices):
        INTAKE = "intake", _("people and facts in")
        READ = "read", _("reads journeys")
        TASKS = "tasks", _("reads and closes tasks of sales and service")
        MANAGE = "manage", _("people and facts in, reads and changes journeys")

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(_("SHA-256"), max_length=64, unique=True, editable=False)
    source = models.SlugField(_("source of its events"), max_length=50, default="api")
    # a public key stands in a web page or an app, where everybody can read it: it may say nothing about known people
    public = models.BooleanField(_("public"), default=False)
    # what it may; another than intake is made on a terminal only
    scope = models.CharField(
        _("scope"), max_length=6, choices=Scope.choices, default=Scope.INTAKE, db_default=Scope.INTAKE
    )
    created_at = models.DateTimeField(_("created"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Arrival(models.Model):
    """One request of a machine, for the page that shows whether a connection works. Append-only, kept for days."""

    source = models.CharField(_("source"), max_length=50)
    at = models.DateTimeField(_("at"))
    door = models.CharField(_("door"), max_length=20)  # events, contacts, track, identify, batch ...
    name = models.CharField(_("first event"), max_length=100, blank=True, default="")
    library = models.CharField(_("library"), max_length=100, blank=True, default="")
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    rejected = models.PositiveIntegerField(_("refused"), default=0)
    problem = models.CharField(_("what was wrong"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        indexes = [models.Index(fields=["source", "-id"], name="arrival_source")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"
