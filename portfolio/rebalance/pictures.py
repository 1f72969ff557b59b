"""Pictures of decisions and of their record, each with its table."""

from collections.abc import Sequence
from typing import Any

from portfolio.common import charts, formats
from portfolio.rebalance.calibration import LEVEL, Reach


def predicted(subjects: Sequence[Any]) -> charts.Chart:
    """Draw what was predicted for the whole, as a range against leaving it as it is, and what came of it.

    `subjects` are those of `decision_reading`. Everything is drawn against what it was to be without the change, which
    is 100 %, so that money and value per unit of it stand on one scale.
    """
    told = [(subject, row) for subject in subjects for row in subject.rows if row.row.unchanged > 0]
    labels = [f"{subject.measure}, {_quarters(row.row.quarters)}" for subject, row in told]
    places = list(range(len(told)))

    def part(row: Any, name: str) -> float | None:
        value = getattr(row.row, name)
        return None if value is None else 100 * value / row.row.unchanged

    middles = [part(row, "middle") for _, row in told]
    spread = {
        "type": "data",
        "symmetric": False,
        "array": [part(row, "high") - middle for (_, row), middle in zip(told, middles, strict=True)],
        "arrayminus": [middle - part(row, "low") for (_, row), middle in zip(told, middles, strict=True)],
        "color": charts.VALUE,
        "thickness": 3,
        "width": 0,
    }
    outcomes = [part(row, "outcome") for _, row in told]
    figure = {
        "data": [
            {
                "type": "scatter", "mode": "markers", "x": middles, "y": places, "error_x": spread,
                "marker": {"color": charts.VALUE, "size": 9}, "customdata": labels,
                "hovertemplate": "%{customdata}<br>expected %{x:.1f} %<extra></extra>",
            },
            {
                "type": "scatter", "mode": "markers", "x": outcomes, "y": places,
                "marker": {"color": charts.COST, "size": 11, "symbol": "diamond"}, "customdata": labels,
                "hovertemplate": "%{customdata}<br>came to %{x:.1f} %<extra></extra>",
            },
        ],
        "layout": charts._layout(
            shapes=[{
                "type": "line", "x0": 100, "x1": 100, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": charts.QUIET, "width": 1, "dash": "dot"},
            }],
            xaxis=charts._axis(ticksuffix=" %", nticks=6),
            yaxis=charts._axis(showgrid=False, autorange="reversed", tickvals=places, ticktext=labels),
        ),
    }  # fmt: skip
    has_outcome = any(outcome is not None for outcome in outcomes)
    came = " A diamond is what came of it." if has_outcome else ""
    return charts.Chart(
        "Predicted, against leaving it as it is",
        f"100 % is what it was to be without the change; a line is the 90 % range, a dot its middle.{came}",
        figure,
        (
            charts.Column("What", False),
            charts.Column("As it is"),
            charts.Column("Expected"),
            charts.Column("90 % range", False),
            charts.Column("Outcome"),
        ),
        [
            (label, row.unchanged, row.middle, f"{row.low} to {row.high}", row.outcome)
            for label, (_, row) in zip(labels, told, strict=True)
        ],
    )


def _quarters(count: int) -> str:
    return "1 quarter" if count == 1 else f"{count} quarters"


def reliability(found: Sequence[Reach], count: int) -> charts.Chart:
    """Draw what part of outcomes fell within ranges that were to hold so many of them."""
    stated, seen = [100 * reach.stated for reach in found], [100 * reach.found for reach in found]
    figure = {
        "data": [
            {
                "type": "scatter", "mode": "lines", "x": [0, 100], "y": [0, 100], "hoverinfo": "skip",
                "line": {"color": charts.QUIET, "width": 1, "dash": "dot"},
            },
            {
                "type": "scatter", "mode": "lines+markers", "x": stated, "y": seen,
                "line": {"color": charts.VALUE, "width": 2.2, "shape": "hv"}, "marker": {"size": 5},
                "hovertemplate": "stated %{x:.0f} %<br>found %{y:.0f} %<extra></extra>",
            },
        ],
        "layout": charts._layout(
            xaxis=charts._axis(range=[0, 100], ticksuffix=" %", title={"text": "Stated to hold"}),
            yaxis=charts._axis(range=[0, 102], ticksuffix=" %", title={"text": "Did hold"}),
        ),
    }  # fmt: skip
    at_level = next((reach for reach in found if abs(reach.stated - LEVEL) < 1e-9), None)
    summary = (
        f"Of {count} outcomes {formats.share(at_level.found)} fell inside ranges that were stated to hold 90 %. On the "
        "dotted line the ranges are right; below it they were too narrow."
        if at_level
        else "No outcome is known yet."
    )
    return charts.Chart(
        "How often ranges held",
        summary,
        figure,
        (charts.Column("Stated to hold"), charts.Column("Did hold")),
        [(formats.share(reach.stated), formats.share(reach.found)) for reach in found],
    )
