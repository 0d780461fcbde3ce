"""The tables of audiences: what follows which people where, who is in, and what each run did."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orchestrator.kernel.fields import Named


class Audience(Named):
    """A list at an ad platform, or a file, that follows a segment, a fixed list, or both together."""

    class Destination(models.TextChoices):
        GOOGLE = "google", _("Google Ads (Customer Match)")
        META = "meta", _("Meta (Custom Audience)")
        FILE = "file", _("file to download")

    class State(models.TextChoices):
        ACTIVE = "active", _("kept in step")
        PAUSED = "paused", _("paused: nobody is added, removals go on")
        ENDED = "ended", _("ended: everybody is taken off")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    segment = models.ForeignKey(
        "contacts.Segment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("segment"),
    )
    people = models.ForeignKey(
        "contacts.Segment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fixed list"),
    )
    destination = models.CharField(_("destination"), max_length=6, choices=Destination.choices)
    account = models.CharField(_("account"), max_length=25, blank=True, default="")  # Google: that owns the list
    manager = models.CharField(_("manager account"), max_length=25, blank=True, default="")  # Google: that signs in
    remote_list = models.CharField(_("list at the platform"), max_length=25, blank=True, default="")
    columns = models.JSONField(_("columns of the file"), default=list, blank=True)  # keys of rules.COLUMNS
    purpose = models.ForeignKey(
        "consent.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose that people must agree to")
    )
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.ACTIVE)
    members = models.PositiveIntegerField(_("people in it"), default=0, editable=False)
    kept_out = models.JSONField(_("kept out, by reason"), default=dict, editable=False)
    last_run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    next_at = models.DateTimeField(_("next run"), editable=False)
    failures = models.PositiveSmallIntegerField(_("runs in a row that failed"), default=0, editable=False)
    claim = models.UUIDField(_("claim"), null=True, editable=False)
    lease_until = models.DateTimeField(_("claimed until"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(segment__isnull=False) | Q(people__isnull=False), name="audience_has_source"
            )
        ]


class AudienceRun(models.Model):
    """One time that an audience was brought in step, or that its file was fetched (then `by` says who)."""

    class Kind(models.TextChoices):
        SYNC = "sync", _("in step")
        FILE = "file", _("file fetched")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARTLY = "partly", _("partly")
        FAILED = "failed", _("failed")

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="runs", verbose_name=_("audience"))
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices, default=Kind.SYNC)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    added = models.PositiveIntegerField(_("added"), default=0)
    removed = models.PositiveIntegerField(_("removed"), default=0)
    refused = models.PositiveIntegerField(_("refused by the platform"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    kept_out = models.JSONField(_("kept out, by reason"), default=dict)
    words = models.CharField(_("what the platform said"), max_length=300, blank=True, default="")
    columns = models.JSONField(_("columns of the file"), default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("run of an audience")
        verbose_name_plural = _("runs of audiences")
        indexes = [models.Index(fields=["audience", "-started_at"], name="audiencerun_newest")]

    def __str__(self) -> str:
        return f"{self.audience_id} {self.started_at:%Y-%m-%d %H:%M}"


class AudienceBatch(models.Model):
    """One call of a platform: how many people, and what it answered."""

    class Kind(models.TextChoices):
        ADD = "add", _("add")
        REMOVE = "remove", _("remove")

    class State(models.TextChoices):
        CALLING = "calling", _("calling")
        DONE = "done", _("done")
        FAILED = "failed", _("refused")  # this batch; the run goes on with the others
        AGAIN = "again", _("comes again")  # nobody answered, or "not now"; the run ends
        UNKNOWN = "unknown", _("answer never recorded")  # the worker died; the same people are sent again

    run = models.ForeignKey(AudienceRun, models.CASCADE, related_name="batches", verbose_name=_("run"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    number = models.PositiveIntegerField(_("number"))  # in its run and kind, from 1
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.CALLING)
    size = models.PositiveIntegerField(_("people"), default=0)
    refused = models.PositiveIntegerField(_("refused by the platform"), default=0)
    remote_id = models.CharField(_("id at the platform"), max_length=200, blank=True, default="")
    words = models.CharField(_("what the platform said"), max_length=300, blank=True, default="")
    at = models.DateTimeField(_("at"))
    done_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("batch of an audience")
        verbose_name_plural = _("batches of audiences")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "kind", "number"], name="audiencebatch_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.number}"


class AudienceMember(models.Model):
    """A person as a platform knows them: what was sent, and whether it is there.

    The hashes stay after an erasure until the platform has taken the removal, and are forgotten then.
    """

    class State(models.TextChoices):
        ADDING = "adding", _("to be added")
        IN = "in", _("in")
        REMOVING = "removing", _("to be removed")
        GONE = "gone", _("gone")

    audience = models.ForeignKey(Audience, models.CASCADE, db_index=False, verbose_name=_("audience"))
    # null: the person was erased, and the platform has to hear of it still
    contact = models.ForeignKey(
        "contacts.Contact", models.SET_NULL, null=True, db_constraint=False, verbose_name=_("contact")
    )
    email_hash = models.CharField(_("hash of the e-mail address"), max_length=64, blank=True, default="")
    phone_hash = models.CharField(_("hash of the phone number"), max_length=64, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ADDING)
    reason = models.CharField(_("why removed"), max_length=20, blank=True, default="")  # a key of rules.LEFT
    since = models.DateTimeField(_("since"))
    called_at = models.DateTimeField(_("first sent"), null=True)  # null: the platform has never heard of it
    batch = models.ForeignKey(
        AudienceBatch, models.SET_NULL, null=True, related_name="+", verbose_name=_("in the batch")
    )

    class Meta:
        verbose_name = _("member of an audience")
        verbose_name_plural = _("members of audiences")
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "contact"], condition=Q(state__in=("adding", "in")), name="audiencemember_once"
            )
        ]
        indexes = [
            models.Index(
                F("audience"), F("state"), F("id"), name="audiencemember_to_do", condition=~Q(state__in=("in", "gone"))
            ),
            models.Index(fields=["audience", "email_hash"], name="audiencemember_email", condition=Q(state="in")),
            models.Index(fields=["audience", "phone_hash"], name="audiencemember_phone", condition=Q(state="in")),
            models.Index(fields=["since"], name="audiencemember_gone", condition=Q(state="gone")),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id} {self.contact_id} {self.state}"
