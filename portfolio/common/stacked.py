"""Columns by month whose parts stand on each other, as a plain Plotly figure with its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portfolio.common import formats
from portfolio.common.charts import BAR, QUIET, RULE, VALUE, Chart, Column, _axis, _layout

#: Told apart by pattern as well as by colour.
LOOKS = (
    (VALUE, ""), (BAR, "/"), (QUIET, "."), (BAR, ""), (VALUE, "\\"), (QUIET, "x"), (BAR, "-"), (VALUE, "+"), (RULE, ""),
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of every column; a hollow one stands on top and is what is missing."""

    name: str
    values: Sequence[float]
    is_hollow: bool = False


def stacked(
    months: Sequence[date],
    parts: Sequence[Part],
    columns: Sequence[tuple[str, Sequence[object]]],
    *,
    title: str,
    summary: str,
    unit: str,
) -> Chart:
    """Draw a column for each month; `columns` are those of the table beside it, each with a figure a month.

    A part that is nothing in every month is left out, the first one excepted.
    """
    xs = [month.isoformat() for month in months]
    shown = [part for at, part in enumerate(parts) if at == 0 or any(part.values)]
    looks = [(RULE, "") if part.is_hollow else LOOKS[at % len(LOOKS)] for at, part in enumerate(shown)]
    figure = {
        "data": [
            {
                "type": "bar", "name": part.name, "x": xs, "y": [round(value, 4) for value in part.values],
                "marker": {"color": colour, "pattern": {"shape": shape, "fgcolor": "var(--paper)"}},
                "hovertemplate": f"%{{x|%b %Y}}<br>{part.name}: %{{y:.2f}} {unit}<extra></extra>",
            }
            for part, (colour, shape) in zip(shown, looks, strict=True)
        ],
        "layout": _layout(
            barmode="stack",
            showlegend=len(shown) > 1,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
            bargap=0.25,
            margin={"l": 8, "r": 8, "t": 40 if len(shown) > 1 else 8, "b": 8},
            xaxis=_axis(showgrid=False, type="date", tickformat="%b %Y", nticks=5, tickangle=0),
            yaxis=_axis(nticks=6, rangemode="tozero", title={"text": unit}),
        ),
    }  # fmt: skip
    rows = [
        (formats.month_name(month, short=True), *(formats.quantity(values[at]) for _, values in columns))
        for at, month in enumerate(months)
    ]
    heads = (Column("Month", False), *(Column(name) for name, _ in columns))
    return Chart(title, summary, figure, heads, rows)
