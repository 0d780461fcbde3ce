"""The tables of slots: places, what is ready to be shown in them, counts by day, and products that fit together."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orchestrator.kernel.fields import Named


class Slot(Named):
    """A place on the site or in the app. `fallback_texts`: the approved texts of the fallback, by language, as they are shown."""

    class Kind(models.TextChoices):
        TEASER = "teaser", _("teaser")
        HINT = "hint", _("hint")
        RECOMMENDATION = "recommendation", _("recommendation")

    class Place(models.TextChoices):
        SITE = "site", _("on the site")
        APP = "app", _("in the app")

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices, default=Kind.TEASER)
    place = models.CharField(
        pgettext_lazy("a slot is", "where"), max_length=4, choices=Place.choices, default=Place.SITE
    )
    fallback = models.ForeignKey(
        "journeys.Block",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fallback"),
    )
    fallback_texts = models.JSONField(_("texts of the fallback"), default=dict, db_default={}, blank=True)
    fallback_version = models.PositiveIntegerField(_("version of the fallback"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True, db_default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["slug"]


class Showing(models.Model):
    """An approved on-site message, filled in for its person, so that nobody waits for it; and what the person did."""

    touch = models.OneToOneField(
        "journeys.Touch", models.CASCADE, db_constraint=False, related_name="showing", verbose_name=_("touch")
    )
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, verbose_name=_("contact"))
    slot = models.CharField(_("slot"), max_length=100, blank=True, default="", db_default="")  # empty: any that fits
    content = models.JSONField(_("content"), default=dict)
    language = models.CharField(_("language"), max_length=2)
    version = models.PositiveIntegerField(_("content version"))
    score = models.DecimalField(_("score"), max_digits=12, decimal_places=3, default=0)  # of the verdict
    ready_at = models.DateTimeField(_("ready"))
    expires_at = models.DateTimeField(
        _("expires")
    )  # the touch's: texts that changed are looked for among those that are not over
    shown_at = models.DateTimeField(_("shown"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed"), null=True, blank=True)

    class Meta:
        verbose_name = _("on-site message")
        verbose_name_plural = _("on-site messages")
        indexes = [models.Index(fields=["expires_at"], name="showing_expires")]

    def __str__(self) -> str:
        return f"{self.touch_id} {self.slot}".strip()


class SlotDay(models.Model):
    """Counts of one day, nobody named: how often a slot was asked for and what was answered; of messages, what became of them."""

    class Answer(models.TextChoices):
        TOUCH = "touch", _("message")
        RECOMMENDATION = "products", _("recommendation")
        FALLBACK = "fallback", _("fallback")
        NOTHING = "nothing", _("nothing")

    slot = models.ForeignKey(Slot, models.CASCADE, db_index=False, verbose_name=_("slot"))
    on = models.DateField(_("day"))
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices)
    journey = models.ForeignKey(
        "journeys.Journey", models.CASCADE, null=True, blank=True, db_index=False, verbose_name=_("journey")
    )
    asked = models.PositiveBigIntegerField(_("asked"), default=0, db_default=0)
    shown = models.PositiveBigIntegerField(_("shown"), default=0, db_default=0)
    clicked = models.PositiveBigIntegerField(_("clicked"), default=0, db_default=0)
    dismissed = models.PositiveBigIntegerField(_("dismissed"), default=0, db_default=0)

    class Meta:
        verbose_name = _("day of a slot")
        verbose_name_plural = _("days of slots")
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "on", "answer", "journey"], name="slotday_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.slot_id} {self.on} {self.answer}"


class Product(models.Model):
    """A product as the newest event described it; what is recommended is shown from here."""

    key = models.CharField(_("product"), max_length=200, unique=True)
    title = models.CharField(_("name"), max_length=300, blank=True, default="")
    url = models.CharField(_("address"), max_length=1000, blank=True, default="")
    image = models.CharField(_("picture"), max_length=1000, blank=True, default="")
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    baskets = models.PositiveIntegerField(_("orders with it"), default=0)
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.title or self.key


class ProductPair(models.Model):
    """Two products that were bought together; lift: how much more often than by chance. Counted anew every night."""

    product = models.CharField(_("product"), max_length=200)
    other = models.CharField(_("bought together with"), max_length=200)
    together = models.PositiveIntegerField(_("orders with both"))
    lift = models.FloatField(_("lift"))
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        verbose_name = _("products bought together")
        verbose_name_plural = _("products bought together")
        constraints = [models.UniqueConstraint(fields=["product", "rank"], name="productpair_rank")]

    def __str__(self) -> str:
        return f"{self.product} + {self.other}"


class SeenProduct(models.Model):
    """A product that somebody who agreed to profiling looked at lately; bought: no longer recommended, but leads to others."""

    contact = models.ForeignKey("contacts.Contact", models.CASCADE, db_index=False, verbose_name=_("contact"))
    product = models.CharField(_("product"), max_length=200)
    at = models.DateTimeField(_("seen"))
    bought = models.BooleanField(_("bought"), default=False)

    class Meta:
        verbose_name = _("product seen lately")
        verbose_name_plural = _("products seen lately")
        constraints = [models.UniqueConstraint(fields=["contact", "product"], name="seenproduct_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.product}"
