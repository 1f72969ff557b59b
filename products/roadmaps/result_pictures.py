"""Pictures of results, each with its table."""

from datetime import date, timedelta
from typing import Any

from portfolio.common import charts, formats
from products.roadmaps.outcomes import Result, shipped_on


def watched(result: Result) -> charts.Chart:
    """Draw an item's metric by month: when it shipped, the trend before carried on, and what was promised."""
    item, (days, values), (after_days, after) = result.item, result.series.before, result.series.after
    shipped, due, found = shipped_on(item), item.by_when or shipped_on(item), result.change
    every = [*days, *after_days]

    def when(day: float) -> date:
        return shipped + timedelta(days=int(day))

    seen = [*values, *after]
    traces: list[dict[str, Any]] = [{
        "type": "scatter", "mode": "lines+markers", "name": "observed", "x": [when(day).isoformat() for day in every],
        "y": seen, "line": {"color": charts.VALUE, "width": 2}, "marker": {"size": 5},
        "hovertemplate": f"%{{x|%-d %b %Y}}<br>%{{y:,.4~g}} {result.unit}<extra></extra>",
    }]  # fmt: skip
    low, high = float(item.metric_low), float(item.metric_high)
    last = max([due, *(when(day) for day in every[-1:])])
    shapes: list[dict[str, Any]] = [
        {
            "type": "line", "yref": "paper", "x0": shipped.isoformat(), "x1": shipped.isoformat(), "y0": 0, "y1": 1,
            "line": {"color": charts.QUIET, "width": 1, "dash": "dot"},
        },
        {
            "type": "rect", "x0": shipped.isoformat(), "x1": last.isoformat(), "y0": low, "y1": high,
            "fillcolor": charts.BAND, "line": {"width": 0}, "layer": "below",
        },
    ]  # fmt: skip
    notes = [
        _note(shipped, 1, "shipped", yref="paper", yanchor="top", xanchor="right", xshift=-4),
        _note(last, high, "promised", xanchor="right", yanchor="bottom"),
    ]
    if found:
        ends = (every[0], every[-1])
        traces.append({
            "type": "scatter", "mode": "lines", "name": "trend before", "x": [when(day).isoformat() for day in ends],
            "y": [found.line.at(day) for day in ends], "hoverinfo": "skip",
            "line": {"color": charts.COST, "width": 1.5, "dash": "dash"},
        })  # fmt: skip
        notes.append(_note(when(every[-1]), found.line.at(every[-1]), "trend before", xanchor="right", yshift=-10))
    figure = {
        "data": traces,
        "layout": charts._layout(
            shapes=shapes,
            annotations=notes,
            xaxis=charts._axis(showgrid=False, type="date", tickformat="%b %Y", nticks=5, tickangle=0),
            yaxis=charts._axis(nticks=6, tickformat="~s", title={"text": result.unit}),
        ),
    }
    rows = [
        (
            formats.day_name(when(day)),
            "before" if day < 0 else "after",
            formats.quantity_short(value),
            formats.quantity_short(found.line.at(day)) if found else formats.NONE,
        )
        for day, value in reversed(list(zip(every, seen, strict=True)))
    ]
    columns = (
        charts.Column("About", False), charts.Column("Shipped", False), charts.Column(result.unit.capitalize()),
        charts.Column("Trend before"),
    )  # fmt: skip
    summary = (
        f"Shipped {formats.day_name(shipped)}; promised to reach {formats.quantity_short(low)} to "
        f"{formats.quantity_short(high)} by {formats.day_name(due)}."
    )
    return charts.Chart(f"{item.metric.name}, by month", summary, figure, columns, rows)


def _note(day: date, level: float, text: str, **options: Any) -> dict[str, Any]:
    return {
        "x": day.isoformat(), "y": level, "text": text, "showarrow": False,
        "font": {"color": charts.QUIET, "size": 11},
    } | options  # fmt: skip
