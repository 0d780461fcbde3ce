"""The figure of a score as a plotly document; static/js/plots.js draws it in the colours of the page."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _


def histogram(counts: Sequence[int]) -> dict[str, Any]:
    """Draw how many people have which value, by tens; people with 0 are not in it."""
    begins = ["1", *(str(10 * i) for i in range(1, 10))]
    ends = [*(str(10 * i + 9) for i in range(9)), "100"]
    spans = [f"{begin}–{end}" for begin, end in zip(begins, ends, strict=True)]
    bars = go.Bar(
        x=begins,
        y=list(counts),
        customdata=spans,
        name=_("people"),
        marker_color="#4f8fd6",
        hovertemplate="%{customdata}: %{y}<extra></extra>",
    )
    return {
        "data": [bars.to_plotly_json()],
        "layout": {
            "height": 150,
            "bargap": 0.12,
            "showlegend": False,
            "xaxis": {"type": "category", "fixedrange": True, "tickangle": 0},
            "margin": {"l": 34, "r": 6, "t": 6, "b": 30},
        },
    }
