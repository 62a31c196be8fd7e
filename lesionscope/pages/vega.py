"""Parts of charts in Vega-Lite, the language that the browser draws charts from.

Charts that stand on pages opened all day are written in it as they are sent. Built from objects
that check themselves against the language's schema, the charts of one page took the server half a
second, more than all else on it.

References
----------
Satyanarayan et al. 2017, Vega-Lite: a grammar of interactive graphics, IEEE Trans Vis Comput Graph
23:341.
"""

from __future__ import annotations

from datetime import date
from typing import Any

Spec = dict[str, Any]
"""A chart or a part of one, as plain JSON."""

GREY = "#7a8791"
"""Of intervals; seen on the light and on the dark page."""
INK = "#2f83a0"
"""Of points that may be hollow; seen on both pages too."""
LINE: Spec = {"type": "line", "strokeWidth": 1.5}
BARS: Spec = {"type": "rule", "strokeWidth": 2, "color": GREY}
POINTS: Spec = {"type": "point", "size": 90, "fill": INK, "stroke": INK, "strokeWidth": 2}


def moment(day: date) -> str:
    """Write a day so that a browser takes it for midnight where it stands, not in Greenwich.

    Examples
    --------
    >>> moment(date(2026, 1, 5))
    '2026-01-05T00:00:00'
    """
    return f"{day.isoformat()}T00:00:00"


def day() -> Spec:
    """Return the channel of the day of a row."""
    return {"field": "day", "type": "temporal"}


def name(field: str) -> Spec:
    """Return the channel of a word."""
    return {"field": field, "type": "nominal"}


def quantity(field: str, title: str = "") -> Spec:
    """Return the channel of a number, under a title if it has one."""
    return {"field": field, "type": "quantitative", **({"title": title} if title else {})}


def filled_where(test: str) -> Spec:
    """Return the channel that fills the points for which a test holds and leaves others hollow."""
    return {"condition": {"test": test, "value": 1}, "value": 0}


def layered(title: str, *layers: Spec) -> Spec:
    """Lay marks over each other under a title."""
    return {"layer": list(layers), "height": 210, "title": title}
