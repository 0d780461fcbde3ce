"""Makes and changes audiences, asks for a run, and writes down who fetched a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from orchestrator.channels.audiences.models import Audience, AudienceRun
from orchestrator.channels.audiences.queries import judged, kept_out

PLACE = ("destination", "account", "remote_list")  # a list elsewhere knows nothing of who is in this one


class MembersThere(Exception):
    """People are in the list at the platform: end the audience first, else nobody would take them off."""


@transaction.atomic
def save_audience(*, audience: Audience, given: Mapping[str, Any], by: Any, now: datetime) -> Audience:
    """Write an audience, new or changed; it is brought in step soon. Raises MembersThere: nothing was written."""
    if audience.pk:
        stored = Audience.objects.select_for_update().get(pk=audience.pk)
        moved = any(getattr(stored, name) != given[name] for name in PLACE)
        if moved and stored.audiencemember_set.exclude(state="gone").exclude(called_at=None).exists():
            raise MembersThere
        audience = stored
    else:
        audience.created_at, audience.created_by = now, by
    for name, value in given.items():
        setattr(audience, name, value)
    audience.next_at, audience.failures = now, 0
    audience.save()
    return audience


@transaction.atomic
def ask_for_run(*, audience_id: int, now: datetime) -> None:
    """Have an audience brought in step within seconds."""
    Audience.objects.filter(pk=audience_id).update(next_at=now)


@transaction.atomic
def set_state(*, audience_id: int, state: str, now: datetime) -> None:
    """Pause an audience, go on, or end it: whoever is in is taken off then."""
    Audience.objects.filter(pk=audience_id).update(state=Audience.State(state), next_at=now, failures=0)


@transaction.atomic
def record_file(*, audience: Audience, people: int, by: Any, now: datetime) -> AudienceRun:
    """Write down that somebody fetched the file: who, when, which columns, how many people."""
    part = judged(audience)
    out = kept_out(f"({part.text})", part.params)
    Audience.objects.filter(pk=audience.pk).update(last_run_at=now, members=people, kept_out=out)
    return AudienceRun.objects.create(
        audience=audience,
        kind=AudienceRun.Kind.FILE,
        state=AudienceRun.State.DONE,
        started_at=now,
        finished_at=now,
        added=people,
        kept_out=out,
        columns=list(audience.columns),
        by=by,
    )


@transaction.atomic
def delete_audience(*, audience_id: int) -> None:
    """Delete an audience of which a platform knows nobody. Raises MembersThere: nothing was deleted."""
    audience = Audience.objects.select_for_update().get(pk=audience_id)
    if audience.audiencemember_set.exclude(state="gone").exclude(called_at=None).exists():
        raise MembersThere
    audience.delete()
