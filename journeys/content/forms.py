"""The forms of content: what a block is called and stands for, a picture, and the texts of a variant as they are posted."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from contacts.signals.models import Signal
from journeys.content import page
from journeys.content.models import Block
from journeys.content.parts import KINDS, MOST_PARTS
from journeys.content.rules import CHANNEL_NAMES, PURPOSES

RESERVED = ("new", "pictures", "people")  # addresses of other pages


class BlockForm(forms.ModelForm):  # type: ignore[type-arg]
    """A block without its texts. The short name is for good: steps name it."""

    class Meta:
        model = Block
        fields = ["name_en", "name_de", "slug", "phase", "purpose", "channel", "signals", "owner"]
        widgets = {
            "name_en": forms.TextInput(attrs={"class": "form-control"}),
            "name_de": forms.TextInput(attrs={"class": "form-control"}),
            "slug": forms.TextInput(attrs={"class": "form-control", "autocapitalize": "none"}),
            "phase": forms.Select(attrs={"class": "form-select"}),
            "owner": forms.Select(attrs={"class": "form-select"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        select = forms.Select(attrs={"class": "form-select"})
        block: Block = self.instance
        self.fields["name_de"].required = self.fields["slug"].required = False
        self.fields["slug"].disabled = bool(block.pk)
        channels = [(one["slug"], one["name"]) for one in page.choices(CHANNEL_NAMES)]
        self.fields["channel"] = forms.ChoiceField(label=_("main channel"), choices=channels, widget=select)
        purposes = [(one["slug"], one["name"]) for one in page.choices(PURPOSES)]
        if block.purpose and block.purpose not in PURPOSES:
            purposes.append((block.purpose, block.purpose))
        self.fields["purpose"] = forms.ChoiceField(
            label=_("purpose"), choices=[("", "–"), *purposes], widget=select, required=False
        )
        signals = [(one.slug, one.name) for one in Signal.objects.order_by("slug")]
        signals += [(slug, slug) for slug in block.signals if slug not in dict(signals)]
        self.fields["signals"] = forms.MultipleChoiceField(
            label=_("typical signals"),
            choices=signals,
            required=False,
            widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        )
        self.fields["owner"].label_from_instance = page.person_name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Fill what may be left out: the German name, the short name."""
        given: dict[str, Any] = super().clean() or {}
        given["name_de"] = given.get("name_de") or given.get("name_en", "")
        if not self.instance.pk:
            given["slug"] = given.get("slug") or slugify(given.get("name_en", ""))[:100]
            if given["slug"] in RESERVED or not given["slug"]:
                self.add_error("slug", ValidationError(_("Choose another short name.")))
        return given


class PictureForm(forms.Form):
    """A picture with what it shows, for people who do not see it."""

    file = forms.FileField(
        label=_("Picture (PNG, JPEG, WebP or GIF)"),
        widget=forms.ClearableFileInput(
            attrs={"class": "form-control", "accept": "image/png,image/jpeg,image/webp,image/gif"}
        ),
    )
    alt_en = forms.CharField(
        label=_("What it shows (English)"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    alt_de = forms.CharField(
        label=_("What it shows (German)"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )


def posted_texts(posted: QueryDict) -> dict[str, Any]:
    """Read the texts of one variant out of the editor's form; nothing is checked here."""
    texts: dict[str, Any] = {
        field: posted.get(field, "").replace("\r\n", "\n")
        for field in ("channel", "language", "arm", "subject", "preheader", "body")
    }
    texts["parts"] = _posted_parts(posted) if posted.get("mode") == "parts" else None
    return texts


def _posted_parts(posted: QueryDict) -> list[dict[str, Any]]:
    found = []
    for number in posted.getlist("part")[: MOST_PARTS + 1]:
        kind = posted.get(f"part-{number}-kind", "")
        fields = {
            field: posted.get(f"part-{number}-{field}", "").replace("\r\n", "\n").replace("\0", "")
            for field in KINDS.get(kind, ())
        }
        found.append({"id": int(number) if number.isdecimal() and len(number) < 7 else 0, "kind": kind, **fields})
    return found


def as_json(texts: Mapping[str, Any]) -> str:
    """Write texts so that they can be kept in a form's field."""
    return json.dumps(texts, ensure_ascii=False)
