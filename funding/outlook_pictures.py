"""Pictures of an outlook, each with its table: where the money goes, and how fast it burns."""

from decimal import Decimal
from typing import Any

from funding.outlook.figures import Outlook
from portfolio.common import charts, formats
from portfolio.common.money import base_currency


def waterfall(outlook: Outlook) -> charts.Chart:
    """Draw what there is to spend, step by step, and what is taken from it until what is left."""
    base = base_currency()
    steps = [
        ("Allocated", outlook.allocated),
        ("Carried in", outlook.carried),
        ("Transfers", outlook.transferred),
        ("Spent", -outlook.actual),
        ("Forecast", -outlook.forecast),
    ]
    shown = [(name, amount) for name, amount in steps if amount or name in ("Allocated", "Spent", "Forecast")]
    bottoms, heights, colours, level = [], [], [], Decimal(0)
    for _, amount in shown:
        bottoms.append(float(min(level, level + amount)))
        heights.append(float(abs(amount)))
        colours.append(charts.BAR if amount >= 0 else charts.COST)
        level += amount
    names = [*(name for name, _ in shown), "Left" if level >= 0 else "Lacking"]
    amounts = [*(amount for _, amount in shown), level]
    bottoms.append(float(min(level, Decimal(0))))
    heights.append(float(abs(level)))
    colours.append(charts.TONES["up" if level >= 0 else "down"])
    tops = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    figure = {
        "data": [{
            "type": "bar", "x": names, "y": heights, "base": bottoms, "marker": {"color": colours},
            "text": [formats.money_short(amount, base) for amount in amounts], "textposition": "outside",
            "cliponaxis": False, "hovertemplate": "%{x}<br>%{text}<extra></extra>",
        }],
        "layout": charts._layout(
            bargap=0.35,
            margin={"l": 8, "r": 8, "t": 24, "b": 8},
            xaxis=charts._axis(showgrid=False, type="category"),
            yaxis=charts._axis(**charts._money_ticks([*tops, *bottoms], base)),
        ),
    }  # fmt: skip
    words = "is left" if level >= 0 else "is lacking"
    return charts.Chart(
        title=f"Where the money goes, {outlook.period.name}",
        summary=f"{formats.money_short(abs(level), base)} {words} of {formats.money_short(outlook.budget, base)}.",
        figure=figure,
        columns=(charts.Column("Step", False), charts.Column("Amount")),
        rows=[] if outlook.is_empty else [(n, formats.money(a, base)) for n, a in zip(names, amounts, strict=True)],
    )


def burn(outlook: Outlook) -> charts.Chart:
    """Draw budget and spending as they add up over the fiscal year, what is to come with the range it may come to."""
    base = base_currency()
    months = outlook.months
    actual = [line for line in months if line.is_actual]
    # The forecast begins where the actuals end, so that the line has no gap.
    ahead = [*actual[-1:], *(line for line in months if not line.is_actual)]
    if len(ahead) == len(actual[-1:]):
        ahead = []
    traces = [*_fan(ahead, "low", "high"), *_fan(ahead, "inner_low", "inner_high")]
    lines: list[tuple[str, list, list, str, str]] = [
        ("budget", months, [line.budget_so_far for line in months], charts.QUIET, "dot"),
        ("actual", actual, [line.spent_so_far for line in actual], charts.COST, "solid"),
        ("forecast", ahead, [line.spent_so_far for line in ahead], charts.COST, "dash"),
    ]
    for name, among, amounts, colour, dash in lines:
        traces.append({
            "type": "scatter", "mode": "lines", "name": name, "x": [line.month.isoformat() for line in among],
            "y": [float(amount) for amount in amounts], "line": {"color": colour, "width": 2.2, "dash": dash},
            "text": [formats.money_short(amount, base) for amount in amounts],
            "hovertemplate": f"{name} %{{text}}<extra></extra>",
        })  # fmt: skip
    last = months[-1]
    is_over = last.spent_so_far > last.budget_so_far
    edges = [edge for line in months if line.range_so_far for edge in (line.range_so_far.low, line.range_so_far.high)]
    figure = {
        "data": traces,
        "layout": charts._layout(
            hovermode="x unified",
            annotations=[
                charts._end_label(
                    last.month.isoformat(),
                    float(last.budget_so_far),
                    "budget",
                    charts.QUIET,
                    shift=-12 if is_over else 12,
                ),
                charts._end_label(
                    last.month.isoformat(), float(last.spent_so_far), "spent", charts.COST, shift=12 if is_over else -12
                ),
            ],
            xaxis=charts._axis(
                showgrid=False, type="date", hoverformat="%B %Y", tickformat="%b %Y", nticks=5, tickangle=0
            ),
            yaxis=charts._axis(
                rangemode="tozero",
                **charts._money_ticks(
                    [*(line.budget_so_far for line in months), *(line.spent_so_far for line in months), *edges], base
                ),
            ),
        ),
    }
    columns = ("Budget so far", "Spent so far", "5th percentile", "95th percentile")
    rows = [
        (
            f"{formats.month_name(line.month)}{'' if line.is_actual else ', forecast'}",
            formats.money(line.budget_so_far, base),
            formats.money(line.spent_so_far, base),
            formats.money(line.range_so_far and line.range_so_far.low, base),
            formats.money(line.range_so_far and line.range_so_far.high, base),
        )
        for line in months
    ]
    return charts.Chart(
        title=f"Budget and spending as they add up, {outlook.period.year.name}",
        summary=_told(outlook),
        figure=figure,
        columns=(charts.Column("Month", False), *map(charts.Column, columns)),
        rows=[] if outlook.is_empty else rows,
    )


def _told(outlook: Outlook) -> str:
    base, last = base_currency(), outlook.months[-1]
    spent, budget = (formats.money_short(amount, base) for amount in (last.spent_so_far, last.budget_so_far))
    if not outlook.months[-1].is_actual:
        return f"By the end of the year {spent} will have been spent of {budget}."
    return f"By the end of the year {spent} was spent of {budget}."


def _fan(lines: list, low: str, high: str) -> list[dict[str, Any]]:
    """Return the edges of one band around what is to come; it begins at nothing, where the actuals end."""
    if not any(line.range_so_far for line in lines):
        return []
    xs = [line.month.isoformat() for line in lines]
    edge = {"type": "scatter", "mode": "lines", "x": xs, "line": {"width": 0}, "hoverinfo": "skip"}
    below, above = (
        [float(getattr(line.range_so_far, name) if line.range_so_far else line.spent_so_far) for line in lines]
        for name in (low, high)
    )
    return [edge | {"y": below}, edge | {"y": above, "fill": "tonexty", "fillcolor": charts.BAND}]
