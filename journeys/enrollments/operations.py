"""The room's doors, set-based: leave, enter, advance; a person or a machine puts people in and takes them out."""

from journeys.enrollments.advancing import advance_enrollments
from journeys.enrollments.doors import (
    Entrant,
    NotOpen,
    count_matching,
    prune_triggers,
    put_in,
    queue_entrants,
    take_in_members,
    take_out,
    take_out_runs,
)
from journeys.enrollments.entering import enter_journeys
from journeys.enrollments.leaving import leave_before_moving, leave_journeys
from journeys.enrollments.scheduling import take_turns
from journeys.enrollments.time_pass import looks as looks_at_time

__all__ = [
    "Entrant",
    "NotOpen",
    "advance_enrollments",
    "count_matching",
    "enter_journeys",
    "leave_before_moving",
    "leave_journeys",
    "looks_at_time",
    "prune_triggers",
    "put_in",
    "queue_entrants",
    "take_in_members",
    "take_out",
    "take_out_runs",
    "take_turns",
]
