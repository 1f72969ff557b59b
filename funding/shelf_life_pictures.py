"""The picture of renewals against money: what is covered and what lacks, quarter by quarter."""

from funding.shelf_life import ShelfLife
from portfolio.common import charts, formats
from portfolio.common.money import base_currency


def renewals_by_quarter(found: ShelfLife) -> charts.Chart:
    """Draw what is due in each quarter, the part that money is set aside for and the part that lacks it."""
    base, names = base_currency(), [line.name for line in found.quarters]
    traces = [
        {
            "type": "bar", "name": name, "x": names, "y": [float(getattr(line, key)) for line in found.quarters],
            "marker": {"color": colour},
            "text": [formats.money_short(getattr(line, key), base) for line in found.quarters], "textposition": "none",
            "hovertemplate": f"%{{x}}<br>{name} %{{text}}<extra></extra>",
        }
        for name, key, colour in (("covered", "covered", charts.BAR), ("unfunded", "gap", charts.TONES["down"]))
    ]  # fmt: skip
    figure = {
        "data": traces,
        "layout": charts._layout(
            barmode="stack",
            bargap=0.35,
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.12},
            xaxis=charts._axis(showgrid=False, type="category"),
            yaxis=charts._axis(**charts._money_ticks([0, *(line.due for line in found.quarters)], base)),
        ),
    }
    total = found.total
    words = (
        f"{formats.money_short(total.gap, base)} of {formats.money_short(total.due, base)} is not covered by money "
        "that is set aside."
        if total.gap
        else f"Money is set aside for all {formats.money_short(total.due, base)} that is due."
    )
    columns = ("Due", "Covered", "Unfunded")
    rows = [
        (line.name, *(formats.money(amount, base) for amount in (line.due, line.covered, line.gap)))
        for line in found.quarters
    ]
    return charts.Chart(
        title="Renewals due by quarter, and what is unfunded",
        summary=words,
        figure=figure,
        columns=(charts.Column("Quarter", False), *map(charts.Column, columns)),
        rows=rows if found.products else [],
    )
