"""Figures of the dashboards as plotly documents; static/js/plots.js draws them in the colours of the page."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _


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


def _plain(figure: go.Figure) -> dict[str, Any]:
    return {"data": [trace.to_plotly_json() for trace in figure.data], "layout": {"hovermode": "x unified"}}
