"""Pictures of delivery, each with its table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from portfolio.common import charts, formats
from portfolio.common.months import add_months
from portfolio.engine.delivery import Delivered, Spread


def quarter_name(first: date) -> str:
    """Return what a quarter is called: January 2017 to March 2017."""
    return formats.period(first, add_months(first, 3))


def spread_in_words(spread: Spread | None) -> str:
    """Return the median of durations with between which of them nine of ten lie."""
    if spread is None:
        return formats.NONE
    if spread.count == 1:
        return formats.duration(spread.median)
    median, low, high = map(formats.duration, (spread.median, spread.low, spread.high))
    return f"{median}, nine of ten {low} to {high}"


def lead_time_chart(quarters: Sequence[tuple[date, Delivered]]) -> charts.Chart:
    """Draw the median lead time of each quarter, in days, against the service's own past."""
    known = [(first, figures) for first, figures in quarters if figures.lead_time]
    values = [round(figures.lead_time.median.total_seconds() / 86_400, 2) for _, figures in known if figures.lead_time]
    summary = "No deployment of these quarters says when its first change was made."
    if len(values) > 1:
        change = values[-1] / values[0] if values[0] else None
        words = f"from {formats.quantity(values[0])} to {formats.quantity(values[-1])} days"
        if change is None or values[0] == values[-1]:
            summary = f"The median lead time went {words}."
        else:
            summary = f"The median lead time {'fell' if change < 1 else 'rose'} {words}."
    elif values:
        summary = "One quarter has a lead time; there is nothing yet to hold it against."
    chart = charts.series(
        [first for first, _ in known], values, title="Median lead time, by quarter", unit="days", summary=summary
    )
    rows = [(quarter_name(first), spread_in_words(figures.lead_time)) for first, figures in reversed(known)]
    columns = (charts.Column("Quarter", False), charts.Column("Lead time", False))
    return replace(chart, columns=columns, rows=rows)
