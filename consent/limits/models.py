"""The tables of contact rules: limits, quiet hours, rest, groups held out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.stages.models import PHASES
from orchestrator.kernel.fields import Named


class Limit(Named):
    """At most `most` marketing touches in a window. Every filter that is set must fit a touch; all limits hold together."""

    class Overflow(models.TextChoices):
        HOLD = "hold", _("hold until there is room")
        DROP = "drop", _("drop")
        NEXT = "next", _("try the next channel")

    class Per(models.TextChoices):
        PERSON = "person", _("person")
        ACCOUNT = "account", _("account")

    class Calendar(models.TextChoices):
        SLIDING = "", _("sliding")
        DAY = "day", _("calendar day")
        WEEK = "week", _("calendar week")
        MONTH = "month", _("calendar month")

    class Who(models.TextChoices):
        EVERYBODY = "", _("everybody")
        LESS = "less", _("people who want less")

    slug = models.SlugField(_("short name"), max_length=50, unique=True)  # the reason is cap_<slug>
    per = models.CharField(_("per"), max_length=7, choices=Per.choices, default=Per.PERSON)
    who = models.CharField(_("for"), max_length=4, choices=Who.choices, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=20, blank=True, default="")  # empty: all together
    purpose = models.CharField(_("purpose or topic"), max_length=50, blank=True, default="")  # its short name
    phase = models.CharField(_("type of journey"), max_length=13, choices=PHASES, blank=True, default="")
    most = models.PositiveSmallIntegerField(_("at most"))
    calendar = models.CharField(_("window"), max_length=5, choices=Calendar.choices, blank=True, default="")
    window = models.DurationField(_("in"))  # of a sliding window; of a calendar one its length, 1, 7 or 31 days
    overflow = models.CharField(_("what is over"), max_length=4, choices=Overflow.choices, default=Overflow.HOLD)
    # a slot may be kept for a journey with a higher score that is known to need it within so many hours; 0: never
    lookahead_hours = models.PositiveSmallIntegerField(_("look ahead (hours)"), default=0)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["slug"]


class QuietHours(models.Model):
    """Hours of a person's local day in which marketing is silent; `starts` after `ends` goes over midnight."""

    channel = models.CharField(_("channel"), max_length=20, blank=True, default="", help_text=_("empty: every channel"))
    country = models.CharField(_("country"), max_length=2, blank=True, default="", help_text=_("empty: every country"))
    weekdays = models.JSONField(_("weekdays"), default=list, blank=True)  # of the start, 1 Monday to 7; empty: all
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    holidays = models.BooleanField(_("and on public holidays all day"), default=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}-{self.ends:%H:%M}"


class Rest(Named):
    """Marketing rests for somebody who has just reached a goal."""

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    # of the journey whose goal was reached; empty: any
    phase = models.CharField(_("goal of a journey of type"), max_length=13, choices=PHASES, blank=True, default="")
    hours = models.PositiveIntegerField(_("hours"))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("rest after a goal")
        verbose_name_plural = _("rests after a goal")
        ordering = ["slug"]


class Holdout(Named):
    """A group that gets no marketing, so that what marketing does can be measured. Who is in stays in.

    Members are drawn by a hash of person and salt when the group is made and, by a trigger, when somebody is added.
    """

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    journey = models.CharField(_("journey"), max_length=100, blank=True, default="")  # short name; empty: all of them
    buckets = models.PositiveSmallIntegerField(_("of 10,000"))
    salt = models.CharField(_("salt"), max_length=60, unique=True)
    # true: they go through journeys and are measured, and only what would be sent is stopped; false: they do not enter
    walks = models.BooleanField(_("goes through journeys"), default=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("holdout")
        verbose_name_plural = _("holdouts")
        ordering = ["slug"]
        constraints = [models.CheckConstraint(condition=Q(buckets__lte=10_000), name="holdout_buckets")]


class HoldoutMember(models.Model):
    """Somebody who is held out."""

    holdout = models.ForeignKey(Holdout, models.CASCADE, related_name="members", verbose_name=_("holdout"))
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("member of a holdout")
        verbose_name_plural = _("members of holdouts")
        constraints = [models.UniqueConstraint(fields=["holdout", "contact"], name="holdoutmember_once")]

    def __str__(self) -> str:
        return f"{self.holdout_id} {self.contact_id}"
