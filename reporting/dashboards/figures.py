"""Figures of the dashboards as plotly documents; static/js/plots.js draws them in the colours of the page."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

PHASE_COLOURS = {
    "awareness": "#4263eb",
    "consideration": "#7048c8",
    "purchase": "#0ca678",
    "retention": "#f59f00",
    "advocacy": "#d6457f",
}


def entries_and_goals(days: Sequence[date], entered: Sequence[float], goals: Sequence[float]) -> dict[str, Any]:
    """Draw how many people entered journeys and reached goals on each day."""
    x = [day.isoformat() for day in days]
    figure = go.Figure(
        [
            go.Bar(x=x, y=list(entered), name=_("entered"), marker_color="#4f8fd6"),
            go.Scatter(x=x, y=list(goals), name=_("goal reached"), mode="lines", line={"color": "#0ca678", "width": 2}),
        ]
    )
    return _plain(figure)


def people_by_phase(days: Sequence[date], phases: Mapping[str, tuple[str, Sequence[float]]]) -> dict[str, Any]:
    """Draw how many people were in each phase on each day. phases: phase -> (name, values)."""
    x = [day.isoformat() for day in days]
    lines = [
        go.Scatter(x=x, y=list(values), name=name, mode="lines", line={"color": PHASE_COLOURS[phase], "width": 2})
        for phase, (name, values) in phases.items()
    ]
    return _plain(go.Figure(lines))


def _plain(figure: go.Figure) -> dict[str, Any]:
    return {"data": [trace.to_plotly_json() for trace in figure.data], "layout": {"hovermode": "x unified"}}
