"""The tables of imports: the file in parts, what was refused, and what was there before (for the undo)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One file of people, from the upload to the undo."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    file_name = models.CharField(_("file"), max_length=255)
    size_bytes = models.BigIntegerField(_("size"))
    sha256 = models.CharField("SHA-256", max_length=64)
    source = models.CharField(_("source"), max_length=50, default="import")
    by = models.CharField(_("by"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.UPLOADED)
    format = models.JSONField(_("format"), default=dict)  # kind, encoding, separator, decimal, dates, header, sheet
    mapping = models.JSONField(
        _("mapping"), default=list
    )  # one target a column: "email", "attribute:visits", "consent:...", ""
    options = models.JSONField(_("options"), default=dict)  # consent source, time and wording; fixed segment to fill
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    made_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    same_count = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_count = models.PositiveIntegerField(_("refused"), default=0)
    problem = models.TextField(_("problem"), blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportPart(models.Model):
    """A piece of the file, so that whichever host works on it finds it. Deleted when the undo is over."""

    job = models.ForeignKey(Import, models.CASCADE, related_name="parts", verbose_name=_("import"))
    number = models.PositiveIntegerField(_("number"))
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("part of a file")
        verbose_name_plural = _("parts of files")
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="importpart_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"


class ImportReject(models.Model):
    """A row that was refused, or taken without something (its consent), with the reason."""

    job = models.ForeignKey(Import, models.CASCADE, related_name="rejects", verbose_name=_("import"))
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=40)
    message = models.CharField(_("what is wrong"), max_length=500)
    taken = models.BooleanField(_("row taken"), default=False)  # true: the row came in, only this cell did not
    cells = models.JSONField(_("cells"), default=list)

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        indexes = [models.Index(fields=["job", "line"], name="importreject_line")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.line}"


class ImportChange(models.Model):
    """What an import did to one person: made them, or changed fields whose values before are kept for the undo."""

    job = models.ForeignKey(Import, models.CASCADE, related_name="changes", verbose_name=_("import"))
    contact_id = models.BigIntegerField(_("contact"))
    made = models.BooleanField(_("made"), default=False)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)

    class Meta:
        verbose_name = _("change of an import")
        verbose_name_plural = _("changes of imports")
        constraints = [models.UniqueConstraint(fields=["job", "contact_id"], name="importchange_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.contact_id}"
