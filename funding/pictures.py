"""Pictures of this room, each with its table."""

from funding.figures import StreamFigures
from portfolio.common import charts, formats
from portfolio.common.money import base_currency


def allocated_and_spent(figures: StreamFigures) -> charts.Chart:
    """Draw what a stream allocates each month, as steps, and what is spent of it."""
    own, base = figures.stream.currency, base_currency()
    months = figures.by_month()
    xs = [month.isoformat() for month, _, _ in months]
    lines = (
        ("allocated", [amount or None for _, amount, _ in months], own, charts.VALUE),
        ("spent", [amount or None for _, _, amount in months], base, charts.COST),
    )
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": xs,
            "y": [None if amount is None else float(amount) for amount in amounts],
            "text": [formats.money_short(amount, currency) for amount in amounts],
            "line": {"color": colour, "width": 2.2, "shape": "hvh"},
            "hovertemplate": f"{name} %{{text}}<extra></extra>",
        }
        for name, amounts, currency, colour in lines
    ]
    ends = [(charts._last(xs, amounts), name, colour) for name, amounts, _, colour in lines]
    known = sorted((end for end in ends if end[0]), key=lambda end: end[0][1], reverse=True)
    notes = [
        charts._end_label(*place, name, colour, shift=12 if order == 0 else -12)
        for order, (place, name, colour) in enumerate(known)
    ]
    figure = {
        "data": traces,
        "layout": charts._layout(
            annotations=notes,
            hovermode="x unified",
            xaxis=charts._axis(
                showgrid=False, type="date", hoverformat="%B %Y", tickformat="%b %Y", nticks=4, tickangle=0
            ),
            yaxis=charts._axis(
                rangemode="tozero", **charts._money_ticks([amount for line in lines for amount in line[1]], base)
            ),
        ),
    }
    rows = [
        (formats.month_name(month), formats.money(allocated, own), formats.money(spent, base))
        for month, allocated, spent in months
    ]
    return charts.Chart(
        title="Allocated and spent, by month",
        summary="" if own == base else f"Allocated in {own}, spent in {base}.",
        figure=figure,
        columns=(charts.Column("Month", False), charts.Column("Allocated"), charts.Column("Spent")),
        rows=rows,
    )
