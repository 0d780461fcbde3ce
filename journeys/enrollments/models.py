"""The tables of who is where: enrollments, transitions, refusals, touches."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Enrollment(models.Model):
    """One run of one person through one journey (and key). `step` is where the person is; empty when the run is over."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    journey = models.ForeignKey("journeys.Journey", models.CASCADE, db_index=False, verbose_name=_("journey"))
    version = models.ForeignKey("journeys.Version", models.CASCADE, db_index=False, verbose_name=_("version"))
    key = models.CharField(_("key"), max_length=200, blank=True, default="")
    arm = models.CharField(
        _("arm"), max_length=50, blank=True, default=""
    )  # of the last split; "holdout": measured, never contacted
    step = models.ForeignKey(
        "journeys.Step",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        verbose_name=_("step"),
    )
    seq = models.PositiveIntegerField(_("moves so far"), default=0)
    entered_at = models.DateTimeField(_("entered"))
    arrived_at = models.DateTimeField(_("at this step since"))
    due_at = models.DateTimeField(_("next move at"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    reason = models.CharField(_("reason for leaving"), max_length=30, blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=60, blank=True, default="")
    evidence = models.JSONField(_("evidence of the entry"), default=dict)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "journey", "key"], name="enrollment_one_open", condition=Q(left_at=None)
            )
        ]
        indexes = [
            models.Index(fields=["step", "due_at"], name="enrollment_due", condition=Q(left_at=None)),
            models.Index(fields=["contact", "journey", "entered_at"], name="enrollment_contact"),
            models.Index(fields=["journey", "left_at"], name="enrollment_journey"),
            models.Index(fields=["version", "entered_at"], name="enrollment_age", condition=Q(left_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.journey_id} {self.key}".strip()


class Transition(models.Model):
    """One move, written in the transaction of the move: seq 0 is the entry (from nothing), the last has no `to_step`."""

    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("enrollment")
    )
    seq = models.PositiveIntegerField(_("move"))
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("contact")
    )
    journey = models.ForeignKey(
        "journeys.Journey", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("journey")
    )
    from_step = models.ForeignKey(
        "journeys.Step",
        models.CASCADE,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("from"),
    )
    to_step = models.ForeignKey(
        "journeys.Step",
        models.CASCADE,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("to"),
    )
    exit = models.CharField(
        _("way out"), max_length=60, blank=True, default=""
    )  # "next", a branch, "missing", "otherwise", "timeout"
    reason = models.CharField(_("reason for leaving"), max_length=30, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        constraints = [models.UniqueConstraint(fields=["enrollment", "seq"], name="transition_once")]
        indexes = [models.Index(fields=["journey", "at"], name="transition_journey_at")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}.{self.seq}"


class Refusal(models.Model):
    """A person was not taken into a journey, and why."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    journey = models.ForeignKey("journeys.Journey", models.CASCADE, db_index=False, verbose_name=_("journey"))
    key = models.CharField(_("key"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=30)
    details = models.JSONField(_("details"), default=dict, db_default={})  # values that speak for the reason
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        indexes = [models.Index(fields=["journey", "at"], name="refusal_journey_at")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.journey_id} {self.reason}"


class Trigger(models.Model):
    """Something that may take a person into a journey: an event, a stage, a schedule, another journey, a machine.

    `source` says what, so that nothing opens a journey twice. Rows stay for some days after they were taken.
    """

    journey = models.ForeignKey(
        "journeys.Journey", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("journey")
    )
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("contact")
    )
    source = models.CharField(_("source"), max_length=200)
    key = models.CharField(_("key"), max_length=200, blank=True, default="")
    evidence = models.JSONField(_("evidence"), default=dict)
    at = models.DateTimeField(_("at"))
    # data that its condition asks for is missing: tried again until then
    retry_until = models.DateTimeField(_("tried again until"), null=True, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        constraints = [models.UniqueConstraint(fields=["contact", "journey", "source"], name="trigger_once")]
        indexes = [
            models.Index(fields=["journey", "contact"], name="trigger_open", condition=Q(taken_at=None)),
            models.Index(fields=["taken_at"], name="trigger_taken", condition=Q(taken_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} {self.contact_id} {self.source}"


class ScheduleTurn(models.Model):
    """One turn of a journey's schedule in one time zone, so that each is taken once."""

    journey = models.ForeignKey("journeys.Journey", models.CASCADE, verbose_name=_("journey"))
    time_zone = models.CharField(_("time zone"), max_length=64)
    turn_at = models.DateTimeField(_("turn"))
    taken_at = models.DateTimeField(_("taken"))
    people = models.PositiveIntegerField(_("people"))

    class Meta:
        verbose_name = _("turn of a schedule")
        verbose_name_plural = _("turns of schedules")
        constraints = [models.UniqueConstraint(fields=["journey", "time_zone", "turn_at"], name="scheduleturn_once")]

    def __str__(self) -> str:
        return f"{self.journey_id} {self.time_zone} {self.turn_at}"


class Touch(models.Model):
    """One planned contact with one person in one channel. Written by journeys, decided by the arbiter, sent by channels."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        HELD = "held", _("held")
        APPROVED = "approved", _("approved")
        SUPPRESSED = "suppressed", _("suppressed")
        EXPIRED = "expired", _("expired")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")

    OPEN = ("proposed", "held")  # waits for a verdict
    COUNTED = ("approved", "sending", "sent", "unknown")  # takes a place under a limit

    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("enrollment")
    )
    step = models.ForeignKey(
        "journeys.Step", models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("step")
    )
    visit = models.PositiveIntegerField(
        _("visit")
    )  # the enrollment's seq on arrival: a step visited twice makes two touches
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("contact")
    )
    journey = models.ForeignKey(
        "journeys.Journey", models.CASCADE, db_index=False, db_constraint=False, verbose_name=_("journey")
    )
    block = models.ForeignKey(
        "journeys.Block", models.PROTECT, db_index=False, db_constraint=False, verbose_name=_("content")
    )
    channel = models.CharField(_("channel"), max_length=20)
    purpose = models.CharField(_("purpose"), max_length=50)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(_("reason"), max_length=60, blank=True, default="")  # of the newest verdict
    proposed_at = models.DateTimeField(_("proposed"))
    expires_at = models.DateTimeField(_("expires"))
    hold_until = models.DateTimeField(_("held until"), null=True, blank=True)
    decided_at = models.DateTimeField(
        _("decided"), null=True, blank=True
    )  # of the newest verdict; counts under limits from here
    lease_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    claim = models.UUIDField(
        _("claim"), null=True, blank=True
    )  # fencing: only the claimer of this value records an outcome
    called_at = models.DateTimeField(_("provider called"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    address = models.CharField(_("address"), max_length=320, blank=True, default="")
    language = models.CharField(_("language"), max_length=2, blank=True, default="")
    subject = models.CharField(_("subject"), max_length=500, blank=True, default="")
    content_version = models.PositiveIntegerField(_("content version"), null=True, blank=True)
    # what the message offers, as the person has it: the arbiter sees to one open offer a person
    grant = models.ForeignKey(
        "journeys.OfferGrant",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        verbose_name=_("offer"),
    )

    class Meta:
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        constraints = [models.UniqueConstraint(fields=["enrollment", "step", "visit"], name="touch_once")]
        indexes = [
            models.Index(fields=["contact", "decided_at"], name="touch_contact_decided"),
            models.Index(fields=["hold_until"], name="touch_open", condition=Q(state__in=("proposed", "held"))),
            models.Index(fields=["id"], name="touch_to_deliver", condition=Q(state__in=("approved", "sending"))),
            # what a withdrawal waits for: the few that are with the provider right now
            models.Index(
                fields=["contact"], name="touch_called", condition=Q(state="sending", called_at__isnull=False)
            ),
            models.Index(fields=["journey", "proposed_at"], name="touch_journey"),
            # what people look at: few
            models.Index(fields=["id"], name="touch_trouble", condition=Q(state__in=("failed", "unknown"))),
            # sent in the order of time, more or less: for the last hour, and nearly nothing to write
            BrinIndex(fields=["sent_at"], name="touch_sent_brin", autosummarize=True, pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state} {self.contact_id}"
