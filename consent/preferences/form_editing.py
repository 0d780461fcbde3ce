"""Makes and changes sign-up forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.preferences.models import SignupChoice, SignupForm

SHOWN = ("name_en", "name_de", "intro_en", "intro_de", "active")


@transaction.atomic
def save_form(
    *, slug: str, given: Mapping[str, Any], fields: Sequence[str], purposes: Sequence[int], now: datetime
) -> SignupForm:
    """Make a form, or change the one of this name. purposes: ids of what it asks about, in their order."""
    values = {name: given[name] for name in SHOWN} | {"fields": list(fields)}
    form, _ = SignupForm.objects.update_or_create(
        slug=slug, defaults=values, create_defaults={**values, "created_at": now}
    )
    SignupChoice.objects.filter(form=form).exclude(purpose_id__in=purposes).delete()
    SignupChoice.objects.bulk_create(
        [SignupChoice(form=form, purpose_id=purpose, position=n) for n, purpose in enumerate(purposes)],
        update_conflicts=True,
        unique_fields=["form", "purpose"],
        update_fields=["position"],
    )
    return form
