"""Pictures of this room, each with its table."""

from funding.figures import StreamFigures
from portfolio.common import charts, formats
from portfolio.common.money import base_currency


def allocated_and_spent(figures: StreamFigures) -> charts.Chart:
    """Draw what a stream allocates each month, as steps, and what is spent of it."""
    own, base = figures.stream.currency, base_currency()
    months = figures.by_month()
    xs = [month.isoformat() for month, _, _ in months]
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": xs,
            "y": [float(amount) for amount in amounts],
            "text": [formats.money_short(amount, currency) for amount in amounts],
            "line": {"color": colour, "width": 2.2, "shape": "hvh"},
            "hovertemplate": f"{name} %{{text}}<extra></extra>",
        }
        for name, amounts, currency, colour in (
            ("allocated", [allocated for _, allocated, _ in months], own, charts.VALUE),
            ("spent", [spent for _, _, spent in months], base, charts.COST),
        )
    ]
    figure = {
        "data": traces,
        "layout": charts._layout(
            hovermode="x unified",
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.12},
            xaxis=charts._axis(showgrid=False, type="date", hoverformat="%B %Y", tickformat="%b %Y", nticks=6),
            yaxis=charts._axis(rangemode="tozero", tickformat="~s", tickprefix=formats.currency_symbol(base)),
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
