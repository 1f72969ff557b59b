"""Pictures of this room, each with its table."""

from decimal import Decimal
from itertools import cycle

from funding.figures import StreamFigures
from funding.histories import FundingHistory
from portfolio.common import charts, formats
from portfolio.common.money import base_currency

DASHES = ("dash", "dot", "dashdot", "longdash")  #: what tells the lines of streams apart, colour aside


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


def funding_over_time(history: FundingHistory) -> charts.Chart:
    """Draw what a product is paid a month, in all and by stream, as steps in the base currency."""
    base, days = base_currency(), history.days
    until = max([history.stability.on, *(day.on for day in days)])
    xs = [*(day.on.isoformat() for day in days), until.isoformat()]

    def line(name: str, amounts: list[Decimal | None], style: dict) -> dict:
        held = [*amounts, amounts[-1]]  # the last amount goes on to today
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": xs,
            "y": [None if amount is None else float(amount) for amount in held],
            "text": [formats.money_short(amount, base) for amount in held],
            "line": {"shape": "hv"} | style,
            "hovertemplate": f"{name} %{{text}}<extra></extra>",
        }

    streams = history.streams if len(history.streams) > 1 else []
    lines = []
    for stream, dash in zip(streams, cycle(DASHES), strict=False):
        style = {"color": charts.VALUE, "width": 1.4, "dash": dash}
        lines.append(line(stream.name, [day.by_stream[stream.pk] for day in days], style))
    if days:
        lines.append(line("in all", [day.total for day in days], {"color": charts.COST, "width": 2.2}))
    figure = {
        "data": lines,
        "layout": charts._layout(
            hovermode="x unified",
            showlegend=len(lines) > 1,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
            margin={"l": 8, "r": 8, "t": 40 if len(lines) > 1 else 8, "b": 8},
            xaxis=charts._axis(
                showgrid=False, type="date", hoverformat="%-d %b %Y", tickformat="%b %Y", nticks=4, tickangle=0
            ),
            yaxis=charts._axis(rangemode="tozero", **charts._money_ticks([day.total for day in days], base)),
        ),
    }
    rows = [
        (
            formats.day_name(day.on),
            formats.money(day.total, base),
            *(formats.money(day.by_stream[stream.pk], base) for stream in streams),
        )
        for day in days
    ]
    return charts.Chart(
        title="Allocated a month, from each day on",
        summary=f"In {base}, at the exchange rate of each day." if history.has_other_currencies else "",
        figure=figure,
        columns=(
            charts.Column("From", False),
            charts.Column("In all"),
            *(charts.Column(stream.name) for stream in streams),
        ),
        rows=rows,
    )
