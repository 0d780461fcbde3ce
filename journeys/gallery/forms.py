"""The forms of the gallery and of files: a template's new name, a file to upload or to paste."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definitions.models import Journey
from journeys.gallery.reading import MOST_BYTES, Unreadable, read_document
from journeys.gallery.rules import as_bundle


class UseForm(forms.Form):
    """What a journey made of a template is called."""

    name_en = forms.CharField(label=gettext_lazy("Name (English)"), max_length=200)
    name_de = forms.CharField(label=gettext_lazy("Name (German)"), max_length=200)
    slug = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=100,
        help_text=gettext_lazy("It stays for ever: letters, digits and hyphens."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control"
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_helptext"

    def clean_slug(self) -> str:
        """Refuse a short name that is taken."""
        slug: str = self.cleaned_data["slug"]
        if Journey.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a journey with this short name."))
        return slug


def free_slug(slug: str) -> str:
    """A short name that no journey has."""
    base = slugify(slug)[:90]
    taken = set(Journey.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)


class FileForm(forms.Form):
    """A file of journeys, uploaded or pasted; `document` is what stands in it."""

    file = forms.FileField(label=gettext_lazy("File (YAML or JSON)"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=gettext_lazy("or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "form-control code", "rows": 8, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs.update({"class": "form-control", "accept": ".yaml,.yml,.json"})
        self.document: Any = None
        self.source = ""

    def clean(self) -> dict[str, Any]:
        """Read the document; what is wrong is said with line and column."""
        given = super().clean() or {}
        file, text = given.get("file"), given.get("text") or ""
        if not file and not text.strip():
            raise forms.ValidationError(_("Choose a file or paste its text."))
        content = file.read(MOST_BYTES + 1) if file else text
        try:
            self.document = as_bundle(read_document(content))
        except Unreadable as error:
            name = f"{file.name}: " if file else ""
            raise forms.ValidationError(f"{name}{error}") from error
        self.source = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return given
