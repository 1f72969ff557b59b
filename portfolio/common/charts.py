"""Charts as plain Plotly figures, each with the rows of its data table.

Colours are names of our stylesheet (`var(--value)`), which the page turns into those of the
reader's theme. A plain dict costs a hundredth of a `plotly.graph_objects.Figure`, so plotly itself
is not imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portfolio.common import formats
from portfolio.common.drawing import finite, standing

VALUE, BAND, COST, QUIET, RULE = (
    "var(--value)",
    "var(--value-band)",
    "var(--ink)",
    "var(--soft)",
    "var(--rule)",
)
TONES = {"up": "var(--up)", "down": "var(--down)", "even": "var(--even)"}
SYMBOLS = {"up": "triangle-up", "down": "triangle-down", "even": "circle"}


@dataclass(frozen=True)
class Column:
    label: str
    is_numeric: bool = True


@dataclass(frozen=True)
class Chart:
    """A figure for Plotly, what it is called, what it shows in a sentence, and its data as text."""

    title: str
    summary: str
    figure: dict
    columns: tuple[Column, ...]
    rows: list[tuple[str, ...]]

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Point:
    """One product or stream on the picture of value against spend; amounts in the base currency."""

    label: str
    spend: float
    value: float
    low: float | None = None
    high: float | None = None
    url: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A product next to another: the cost that flows one way between them and the value the other way."""

    label: str
    cost: float
    value: float
    url: str = ""


def _axis(**options) -> dict:
    return {
        "gridcolor": RULE,
        "zeroline": False,
        "linecolor": RULE,
        "fixedrange": True,
        "automargin": True,
    } | options


def _layout(**options) -> dict:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": QUIET, "family": "var(--font-text)", "size": 12},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": RULE, "font": {"color": "var(--ink)"}},
    } | options


def _end_label(x: object, y: float | None, text: str, colour: str, *, shift: int = 10) -> dict:
    """Name a line at its last point, which needs no legend and no colour to be told apart."""
    return {
        "x": x, "y": y, "text": text, "font": {"color": colour, "size": 12}, "showarrow": False,
        "xanchor": "right", "yshift": shift,
    }  # fmt: skip


def _last(xs: Sequence, ys: Sequence) -> tuple[object, float] | None:
    known = [(x, finite(y)) for x, y in zip(xs, ys, strict=True) if finite(y) is not None]
    return known[-1] if known else None


def value_over_time(
    months: Sequence[date],
    cost: Sequence[float | None],
    value: Sequence[float | None],
    low: Sequence[float | None] | None = None,
    high: Sequence[float | None] | None = None,
    *,
    currency: str,
    title: str = "Value credited and cost, by month",
) -> Chart:
    """Draw what went in and what came out: cost as a line, value as a line with its 90 % range.

    All series have one figure a month, in `currency`; None where there is none.
    """
    xs = [month.isoformat() for month in months]
    sign = formats.currency_symbol(currency)
    traces, has_band = [], low is not None and high is not None
    if has_band:
        edge = {"x": xs, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "type": "scatter"}
        traces += [
            edge | {"y": list(map(finite, low))},
            edge | {"y": list(map(finite, high)), "fill": "tonexty", "fillcolor": BAND},
        ]
    for name, series, colour in (("cost", cost, COST), ("value credited", value, VALUE)):
        traces.append({
            "type": "scatter", "mode": "lines", "name": name, "x": xs, "y": list(map(finite, series)),
            "line": {"color": colour, "width": 2.2},
            "hovertemplate": f"%{{x|%B %Y}}<br>{name} {sign}%{{y:.3s}}<extra></extra>",
        })  # fmt: skip
    notes = []
    cost_end, value_end = _last(xs, cost), _last(xs, value)
    if cost_end and value_end:
        cost_above = cost_end[1] > value_end[1]
        notes = [
            _end_label(*cost_end, "cost", COST, shift=12 if cost_above else -12),
            _end_label(*value_end, "value credited", VALUE, shift=-12 if cost_above else 12),
        ]
    figure = {
        "data": traces,
        "layout": _layout(
            annotations=notes,
            hovermode="x unified",
            xaxis=_axis(showgrid=False, type="date", hoverformat="%B %Y", tickformat="%b %Y", nticks=6),
            yaxis=_axis(tickprefix=sign, tickformat="~s", rangemode="tozero", nticks=6),
        ),
    }
    columns = [Column("Month", False), Column("Cost"), Column("Value credited")]
    if has_band:
        columns += [Column("5th percentile"), Column("95th percentile")]
    series = [cost, value, *([low, high] if has_band else [])]
    rows = [
        (formats.month_name(month), *(formats.money(one, currency, 0) for one in figures))
        for month, *figures in zip(months, *series, strict=True)
    ]
    summary = "No months to show."
    if cost_end and value_end:
        summary = (
            f"{formats.month_name(months[0])} to {formats.month_name(months[-1])}; in the last month "
            f"{formats.money_short(cost_end[1], currency)} went in and {formats.money_short(value_end[1], currency)} came out."
        )
    return Chart(title, summary, figure, tuple(columns), rows)


def value_against_spend(
    points: Sequence[Point], *, currency: str, title: str = "Value credited against spend"
) -> Chart:
    """Draw each product by what it spends and earns, both on log scales; on the diagonal, one buys one.

    Shape and colour say on which side of break-even the whole range lies. Products without spend or
    without value have no place on such scales: they are in the table, and the summary counts them.
    """
    sign = formats.currency_symbol(currency)
    placed = [point for point in points if (finite(point.spend) or 0) > 0 and (finite(point.value) or 0) > 0]
    groups = {"up": [], "even": [], "down": []}
    for point in placed:
        low = None if point.low is None else point.low / point.spend
        high = None if point.high is None else point.high / point.spend
        groups[standing(low, point.value / point.spend, high)].append(point)
    names = {"up": "above break-even", "even": "may be either side", "down": "below break-even"}
    traces = []
    if placed:
        ends = [point.spend for point in placed] + [point.value for point in placed]
        line = [min(ends) / 2, max(ends) * 2]
        traces.append({
            "type": "scatter", "mode": "lines", "x": line, "y": line, "hoverinfo": "skip", "showlegend": False,
            "line": {"color": QUIET, "width": 1.2, "dash": "dot"},
        })  # fmt: skip
    for tone, members in groups.items():
        if members:
            traces.append({
                "type": "scatter", "mode": "markers", "name": names[tone],
                "x": [point.spend for point in members], "y": [point.value for point in members],
                "text": [point.label for point in members],
                "customdata": [
                    [point.url, formats.money_short(point.spend, currency), formats.money_short(point.value, currency), formats.ratio(point.value / point.spend)]
                    for point in members
                ],
                "marker": {"color": TONES[tone], "symbol": SYMBOLS[tone], "size": 10, "opacity": 0.85, "line": {"color": "var(--paper)", "width": 1}},
                "hovertemplate": f"<b>%{{text}}</b><br>%{{customdata[1]}} in, %{{customdata[2]}} out<br>{sign}%{{customdata[3]}} per {sign}1<extra></extra>",
            })  # fmt: skip
    figure = {
        "data": traces,
        "layout": _layout(
            showlegend=True,
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": "var(--ink)"},
            },
            xaxis=_axis(type="log", title={"text": f"Spend, {currency}"}, tickprefix=sign, tickformat="~s", dtick=1),
            yaxis=_axis(
                type="log",
                title={"text": f"Value credited, {currency}"},
                tickprefix=sign,
                tickformat="~s",
                dtick=1,
            ),
        ),
    }
    columns = (Column("Name", False), Column("Spend"), Column("Value credited"), Column(f"Per {sign}1"))
    rows = [
        (
            point.label,
            formats.money(point.spend, currency, 0),
            formats.money(point.value, currency, 0),
            formats.ratio(point.value / point.spend if point.spend and point.value is not None else None),
        )
        for point in points
    ]
    above = sum(point.value > point.spend for point in placed)
    summary = f"{above} of {len(placed)} stand above the line on which {sign}1 returns {sign}1."
    if missing := len(points) - len(placed):
        summary += f" {missing} without spend or without value {'is' if missing == 1 else 'are'} only in the table."
    return Chart(title, summary, figure, columns, rows)


def bars(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    title: str,
    summary: str = "",
    currency: str = "",
    heading: str = "Name",
    measure: str = "Amount",
    colour: str = COST,
) -> Chart:
    """Draw amounts (in `currency`) or quantities (without one) as horizontal bars, first one on top."""
    sign = formats.currency_symbol(currency) if currency else ""
    shown = [formats.money(value, currency, 0) if currency else formats.quantity(value) for value in values]
    short = [formats.money_short(value, currency) if currency else formats.quantity_short(value) for value in values]
    figure = {
        "data": [{
            "type": "bar", "orientation": "h", "x": list(map(finite, values)), "y": list(range(len(labels))),
            "text": short, "textposition": "auto", "cliponaxis": False, "customdata": list(labels), "marker": {"color": colour},
            "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
        }],
        "layout": _layout(
            bargap=0.35,
            xaxis=_axis(tickprefix=sign, tickformat="~s", nticks=5),
            # By position, not by name: two products may have the same name.
            yaxis=_axis(showgrid=False, autorange="reversed", tickvals=list(range(len(labels))), ticktext=list(labels)),
        ),
    }  # fmt: skip
    rows = list(zip(labels, shown, strict=True))
    return Chart(title, summary, figure, (Column(heading, False), Column(measure)), rows)


def series(
    dates: Sequence[date],
    values: Sequence[float | None],
    *,
    title: str,
    unit: str = "",
    baseline: float | None = None,
    target: float | None = None,
    summary: str = "",
) -> Chart:
    """Draw a metric's observations over time, with its baseline and target as labelled levels."""
    xs = [day.isoformat() for day in dates]
    traces = [{
        "type": "scatter", "mode": "lines+markers", "x": xs, "y": list(map(finite, values)),
        "line": {"color": VALUE, "width": 2}, "marker": {"size": 5},
        "hovertemplate": f"%{{x|%-d %b %Y}}<br>%{{y:,}} {unit}<extra></extra>",
    }]  # fmt: skip
    shapes, notes = [], []
    for name, level in (("baseline", finite(baseline)), ("target", finite(target))):
        if level is not None:
            shapes.append({
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level,
                "line": {"color": QUIET, "width": 1, "dash": "dot" if name == "baseline" else "dash"},
            })  # fmt: skip
            notes.append({
                "xref": "paper", "x": 0, "xanchor": "left", "y": level, "yanchor": "bottom", "showarrow": False,
                "text": f"{name} {formats.quantity(level)}", "font": {"color": QUIET, "size": 11},
            })  # fmt: skip
    figure = {
        "data": traces,
        "layout": _layout(
            shapes=shapes,
            annotations=notes,
            xaxis=_axis(showgrid=False, type="date", tickformat="%b %Y", nticks=6),
            yaxis=_axis(nticks=6, tickformat="~s", title={"text": unit} if unit else None),
        ),
    }
    rows = [(formats.day_name(day), formats.quantity(value)) for day, value in zip(dates, values, strict=True)]
    return Chart(title, summary, figure, (Column("Date", False), Column(unit.capitalize() or "Value")), rows)


def neighbourhood(
    product: str,
    suppliers: Sequence[Neighbour],
    consumers: Sequence[Neighbour],
    *,
    currency: str,
    own_cost: float = 0.0,
    own_value: float = 0.0,
    kept_cost: float = 0.0,
) -> Chart:
    """Draw who a product pulls from and who pulls from it: cost from left to right, value coming back.

    `own_cost` is what the product spends itself, `own_value` what reaches its own customers and
    `kept_cost` the cost that stays with them. Both pictures have the same places, suppliers left
    and consumers right, so that one way and the other can be compared.
    """
    own = Neighbour("its own money", own_cost, 0.0)
    customers = Neighbour("its own customers", kept_cost, own_value)
    left = [*suppliers, *([own] if own_cost else [])]
    right = [*consumers, *([customers] if kept_cost or own_value else [])]
    names = [*(one.label for one in left), product, *(one.label for one in right)]
    middle = len(left)
    traces = []
    for word, colour, band, domain in (
        ("cost", COST, "var(--cost-band)", [0.56, 1.0]),
        ("value", VALUE, BAND, [0.0, 0.44]),
    ):
        flows = [(index, middle, one) for index, one in enumerate(left)]
        flows += [(middle, middle + 1 + index, one) for index, one in enumerate(right)]
        flows = [(a, b, one, amount) for a, b, one in flows if (amount := finite(getattr(one, word)) or 0) > 0]
        if not flows:
            continue
        traces.append({
            "type": "sankey", "arrangement": "snap", "orientation": "h", "domain": {"x": [0, 1], "y": domain},
            "textfont": {"color": "var(--ink)", "size": 12, "shadow": "none"},
            "node": {
                "label": names, "color": [QUIET if i != middle else colour for i in range(len(names))],
                "pad": 14, "thickness": 10, "line": {"width": 0},
                "customdata": [*(one.url for one in left), "", *(one.url for one in right)],
                "hovertemplate": "%{label}<extra></extra>",
            },
            "link": {
                "source": [a for a, *_ in flows], "target": [b for _, b, *_ in flows],
                "value": [amount for *_, amount in flows], "color": band,
                "label": [formats.money_short(amount, currency) for *_, amount in flows],
                "customdata": [one.url for _, _, one, _ in flows],
                "hovertemplate": (
                    f"%{{label}} of {word}<br>"
                    + ("%{source.label} → %{target.label}" if word == "cost" else "%{target.label} → %{source.label}")
                    + "<extra></extra>"
                ),
            },
        })  # fmt: skip
    heading = {
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
    }
    notes = [
        heading | {"y": 1.0, "text": "Cost flows this way →", "font": {"color": COST, "size": 12}},
        heading | {"y": 0.45, "text": "← Value comes back this way", "font": {"color": VALUE, "size": 12}},
    ]
    figure = {"data": traces, "layout": _layout(annotations=notes, margin={"l": 4, "r": 4, "t": 24, "b": 8})}
    columns = (Column("Neighbour", False), Column("Which way", False), Column("Cost"), Column("Value"))
    rows = [
        (one.label, way, formats.money(one.cost, currency, 0), formats.money(one.value, currency, 0))
        for way, members in (("supplies it", suppliers), ("pulls from it", consumers))
        for one in members
    ]
    summary = (
        f"{product} pulls from {len(suppliers)} and {len(consumers)} pull from it. "
        "Cost is passed on with what is pulled; value is credited back the same way."
    )
    return Chart(f"Around {product}", summary, figure, columns, rows)
