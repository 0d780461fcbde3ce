"""Scores in the admin: to look at; the page of scores changes them and computes them anew."""

from django.contrib import admin

from contacts.scores.models import Grade, Score, ScoreAward, ScoreRule, ScoreValue
from orchestrator.kernel.admin import BigTable, ReadOnly


@admin.register(Score)
class ScoreAdmin(ReadOnly):
    """Scores with their axis."""

    list_display = ("slug", "name_en", "name_de", "axis", "decay", "active", "computed_at")
    list_filter = ("axis", "active")
    search_fields = ("slug", "name_en", "name_de")


@admin.register(ScoreRule)
class ScoreRuleAdmin(ReadOnly):
    """What gives points."""

    list_display = ("score", "position", "name_en", "points", "most_a_day")
    list_select_related = ("score",)
    list_filter = ("score",)
    search_fields = ("name_en", "name_de")


@admin.register(Grade)
class GradeAdmin(ReadOnly):
    """The steps of the grid."""

    list_display = ("axis", "label", "least")
    list_filter = ("axis",)


@admin.register(ScoreValue)
class ScoreValueAdmin(ReadOnly, BigTable):
    """What a score came to for each person."""

    list_display = ("score", "contact_id", "value", "since")
    list_select_related = ("score",)
    list_filter = ("score",)
    search_fields = ("contact_id__exact",)


@admin.register(ScoreAward)
class ScoreAwardAdmin(ReadOnly, BigTable):
    """Points that journeys gave."""

    list_display = ("score", "contact_id", "points", "by", "at")
    list_select_related = ("score",)
    list_filter = ("score",)
    search_fields = ("contact_id__exact",)
