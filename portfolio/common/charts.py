"""Charts as plain Plotly figures, each with the rows of its data table.

Colours are names of our stylesheet (`var(--value)`), which the page turns into those of the
reader's theme. A plain dict costs a hundredth of a `plotly.graph_objects.Figure`, so plotly itself
is not imported.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portfolio.common import formats
from portfolio.common.drawing import Flows, Neighbour, Trend, finite, flows, standing, trend

VALUE, BAND, COST, BAR = "var(--value)", "var(--value-band)", "var(--ink)", "var(--bar)"
QUIET, RULE = "var(--soft)", "var(--rule)"
TONES = {"up": "var(--up)", "down": "var(--down)", "even": "var(--even)"}
SYMBOLS = {"up": "triangle-up", "down": "triangle-down", "even": "circle"}
SIZES = {"up": 12, "down": 12, "even": 9}  # to the eye, a triangle is smaller than a circle of its width


@dataclass(frozen=True)
class Column:
    label: str
    is_numeric: bool = True


@dataclass(frozen=True)
class Chart:
    """A figure for Plotly (or strands of our own), its name, what it shows in a sentence, and its data as text."""

    title: str
    summary: str
    figure: dict
    columns: tuple[Column, ...]
    rows: Sequence[tuple[str, ...]]
    flows: Flows | None = None
    trend: Trend | None = None  #: drawn by the page itself, until somebody wants to point at a month
    centre: str = ""
    currency: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Point:
    """One product or stream on the picture of value against spend; amounts in the base currency."""

    label: str
    spend: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
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
        "paper_bgcolor": "var(--paper)",
        "plot_bgcolor": "var(--paper)",
        "font": {"color": QUIET, "family": "var(--font-text)", "size": 12},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": RULE, "font": {"color": "var(--ink)"}},
    } | options


def _tick(amount: float, currency: str) -> str:
    return formats.money_short(amount, currency).replace(".0", "")


def _money_ticks(amounts: Iterable[object], currency: str) -> dict:
    """Return round ticks from zero to the largest amount, written as everywhere else (£40m, not £40M)."""
    known = [number for number in map(finite, amounts) if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    if low == high:
        return {}
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)
    ticks = [count * step for count in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return {"tickvals": ticks, "ticktext": [_tick(tick, currency) for tick in ticks]}


def _money_decades(amounts: Iterable[float], currency: str) -> dict:
    """Return ticks at the powers of ten around positive amounts."""
    known = list(amounts)
    if not known:
        return {}
    first, last = math.floor(math.log10(min(known))) - 1, math.ceil(math.log10(max(known))) + 1
    ticks = [10.0**power for power in range(first, last + 1)]
    return {"tickvals": ticks, "ticktext": [_tick(tick, currency) for tick in ticks]}


def _log_range(amounts: Sequence[float], *, right: float = 3) -> list[float]:
    """Return the ends of a log axis around positive amounts, as logarithms; `right` times the most."""
    return [math.log10(min(amounts) / 3), math.log10(max(amounts) * right)] if amounts else [0.0, 1.0]


def _end_label(x: object, y: float | None, text: str, colour: str, *, shift: int = 10) -> dict:
    """Name a line at its last point, which needs no legend and no colour to be told apart."""
    return {
        "x": x, "y": y, "text": text, "font": {"color": colour, "size": 12}, "showarrow": False,
        "xanchor": "right", "yshift": shift,
    }  # fmt: skip


def _last(xs: Sequence, ys: Sequence) -> tuple[object, float] | None:
    known = [(x, number) for x, y in zip(xs, ys, strict=True) if (number := finite(y)) is not None]
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
    traces = []
    if low is None or high is None:
        low = high = None
    else:
        edge = {"x": xs, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "type": "scatter"}
        traces += [
            edge | {"y": list(map(finite, low))},
            edge | {"y": list(map(finite, high)), "fill": "tonexty", "fillcolor": BAND},
        ]
    for name, series, colour in (("cost", cost, COST), ("value credited", value, VALUE)):
        words = [formats.money_short(one, currency) for one in series]
        if low is not None and high is not None and series is value:
            ends = [[formats.money_short(one, currency) for one in edge] for edge in (low, high)]
            words = [f"{word}, {least} to {most}" for word, least, most in zip(words, *ends, strict=True)]
        traces.append({
            "type": "scatter", "mode": "lines", "name": name, "x": xs, "y": list(map(finite, series)),
            "line": {"color": colour, "width": 2.2}, "text": words,
            "hovertemplate": f"{name} %{{text}}<extra></extra>",
        })  # fmt: skip
    ticks = _money_ticks([*cost, *value, *(low or []), *(high or [])], currency)
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
            xaxis=_axis(
                showgrid=False,
                type="date",
                hoverformat="%B %Y",
                tickformat="%b %Y",
                nticks=5,
                tickangle=0,
                spikethickness=1,
                spikecolor=QUIET,
                spikedash="solid",
            ),
            yaxis=_axis(rangemode="tozero", **ticks),
        ),
    }
    columns = [Column("Month", False), Column("Cost"), Column("Value credited")]
    if low is not None:
        columns += [Column("5th percentile"), Column("95th percentile")]
    tabled = [
        [formats.money(one, currency, 0) for one in series] for series in (cost, value, low, high) if series is not None
    ]
    rows = list(zip(map(formats.month_name, months), *tabled, strict=True))
    summary = "No months to show."
    if cost_end and value_end:
        spent, earned = (formats.money_short(end[1], currency) for end in (cost_end, value_end))
        summary = (
            f"{formats.month_name(months[0])} to {formats.month_name(months[-1])}; "
            f"in the last month {spent} went in and {earned} came out."
        )
    drawn = trend(
        [("cost", cost), ("value", value)],
        None if low is None or high is None else (low, high),
        list(zip(ticks.get("tickvals", ()), ticks.get("ticktext", ()), strict=True)),
        [formats.month_name(months[place], short=True) for place in _spread(len(months))],
    )
    return Chart(title, summary, figure, tuple(columns), rows, trend=drawn)


def _spread(count: int, most: int = 4) -> list[int]:
    """Return up to `most` places among `count`, evenly spaced from the first to the last."""
    gaps = min(most, count) - 1
    return [round(place * (count - 1) / gaps) for place in range(gaps + 1)] if gaps > 0 else list(range(count))


@dataclass(frozen=True)
class _Placed:
    """A point that has a place on two log scales: spend and value are above zero."""

    point: Point
    spend: float
    value: float

    @property
    def standing(self) -> str:
        # Break-even for an amount of value is the spend.
        return standing(finite(self.point.low), self.value, finite(self.point.high), centre=self.spend)


def _placed(points: Iterable[Point]) -> list[_Placed]:
    pairs = ((point, finite(point.spend) or 0.0, finite(point.value) or 0.0) for point in points)
    return [_Placed(point, spend, value) for point, spend, value in pairs if spend > 0 and value > 0]


def _point_labels(points: Sequence[_Placed]) -> list[dict]:
    """Name the points that a reader asks about first: the two largest, the best and the worst for their money.

    Names stand on the side of their point that is away from the diagonal, where most points are.
    """
    by_spend = sorted(points, key=lambda one: -one.spend)
    by_ratio = sorted(points, key=lambda one: one.value / one.spend)
    named = {id(one): one for one in (*by_spend[:2], *by_ratio[:1], *by_ratio[-1:])}
    middle = math.sqrt(by_spend[0].spend * by_spend[-1].spend) if points else 0.0
    labels = []
    for one in named.values():
        is_above = one.value > one.spend
        labels.append({
            # On a log axis an annotation stands at the logarithm.
            "x": math.log10(one.spend), "y": math.log10(one.value), "showarrow": False,
            "text": one.point.label if len(one.point.label) <= 32 else f"{one.point.label[:31]}…",
            "xanchor": "right" if is_above and one.spend > middle else "left",
            "xshift": -6 if is_above else 8, "yshift": 14 if is_above else -8,
            "font": {"color": "var(--ink)", "size": 11},
        })  # fmt: skip
    return labels


def value_against_spend(
    points: Sequence[Point], *, currency: str, title: str = "Value credited against spend"
) -> Chart:
    """Draw each product by what it spends and earns, both on log scales; on the diagonal, one buys one.

    Shape and colour say on which side of break-even the whole range lies. Products without spend or
    without value have no place on such scales: they are in the table, and the summary counts them.
    """
    sign = formats.currency_symbol(currency)
    placed = _placed(points)
    groups = {tone: [one for one in placed if one.standing == tone] for tone in ("up", "even", "down")}
    names = {"up": "above break-even", "even": "may be either side", "down": "below break-even"}
    traces = []
    if placed:
        ends = [one.spend for one in placed] + [one.value for one in placed]
        line = [min(ends) / 2, max(ends) * 10]
        traces.append({
            "type": "scatter", "mode": "lines", "x": line, "y": line, "hoverinfo": "skip", "showlegend": False,
            "line": {"color": QUIET, "width": 1.2, "dash": "dot"},
        })  # fmt: skip
    for tone, members in groups.items():
        if members:
            told = [
                [
                    one.point.url,
                    formats.money_short(one.spend, currency),
                    formats.money_short(one.value, currency),
                    formats.ratio(one.value / one.spend),
                ]
                for one in members
            ]
            traces.append({
                "type": "scatter", "mode": "markers", "name": names[tone],
                "x": [one.spend for one in members], "y": [one.value for one in members],
                "text": [one.point.label for one in members], "customdata": told,
                "marker": {
                    "color": TONES[tone], "symbol": SYMBOLS[tone], "size": SIZES[tone], "opacity": 0.85,
                    "line": {"color": "var(--paper)", "width": 1},
                },
                "hovertemplate": (
                    "<b>%{text}</b><br>%{customdata[1]} in, %{customdata[2]} out<br>"
                    f"{sign}%{{customdata[3]}} per {sign}1<extra></extra>"
                ),
            })  # fmt: skip
    figure = {
        "data": traces,
        "layout": _layout(
            showlegend=True,
            annotations=_point_labels(placed),
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": "var(--ink)"},
            },
            xaxis=_axis(
                type="log",
                title={"text": "Spend"},
                range=_log_range([one.spend for one in placed], right=8),  # room for the name of the largest
                **_money_decades((one.spend for one in placed), currency),
            ),
            yaxis=_axis(
                type="log",
                title={"text": "Value credited"},
                range=_log_range([one.value for one in placed]),
                **_money_decades((one.value for one in placed), currency),
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
    above = sum(one.value > one.spend for one in placed)
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
    colour: str = BAR,
) -> Chart:
    """Draw amounts (in `currency`) or quantities (without one) as horizontal bars, first one on top."""
    axis = _money_ticks(values, currency) if currency else {"nticks": 5, "tickformat": "~s"}
    known = [0.0, *(number for number in map(finite, values) if number is not None)]
    smallest, largest = min(known), max(known)
    room = (largest - smallest) * 0.16  # for the figure at the bar's end
    axis["range"] = [smallest - room if smallest else 0, largest + room if largest else 1]
    shown = [formats.money(value, currency, 0) if currency else formats.quantity(value) for value in values]
    short = [formats.money_short(value, currency) if currency else formats.quantity_short(value) for value in values]
    figure = {
        "data": [{
            "type": "bar", "orientation": "h", "x": list(map(finite, values)), "y": list(range(len(labels))),
            "text": short, "textposition": "outside", "cliponaxis": False, "customdata": list(labels),
            "marker": {"color": colour},
            "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
        }],
        "layout": _layout(
            bargap=0.45,
            xaxis=_axis(**axis),
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
    marks: Sequence[tuple[date, str]] = (),
    summary: str = "",
    ranges: Sequence[tuple[float, float] | None] = (),
) -> Chart:
    """Draw a metric's observations over time, with its baseline and target as labelled levels, and dated marks.

    `ranges` are the ends of each value's interval, drawn as a bar through it; None where it has none.
    """
    xs = [day.isoformat() for day in dates]
    traces: list[dict] = [{
        "type": "scatter", "mode": "lines+markers", "x": xs, "y": list(map(finite, values)),
        "line": {"color": VALUE, "width": 2}, "marker": {"size": 5},
        "hovertemplate": f"%{{x|%-d %b %Y}}<br>%{{y:,}} {unit}<extra></extra>",
    }]  # fmt: skip
    if ranges:
        pairs = [(value or 0.0, ends or (value or 0.0,) * 2) for value, ends in zip(values, ranges, strict=True)]
        traces[0]["error_y"] = {
            "type": "data", "symmetric": False, "color": VALUE, "thickness": 1.2, "width": 4,
            "array": [high - value for value, (_, high) in pairs],
            "arrayminus": [value - low for value, (low, _) in pairs],
        }  # fmt: skip
    shapes, notes = [], []
    for name, level in (("baseline", finite(baseline)), ("target", finite(target))):
        if level is not None:
            shapes.append({
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level,
                "line": {"color": QUIET, "width": 1, "dash": "dot" if name == "baseline" else "dash"},
            })  # fmt: skip
            notes.append({
                "xref": "paper", "x": 1, "xanchor": "left", "xshift": 6, "y": level, "showarrow": False,
                "align": "left", "text": f"{name}<br>{formats.quantity_short(level)}",
                "font": {"color": QUIET, "size": 11},
            })  # fmt: skip
    right = 64 if notes else 8
    for place, (day, words) in enumerate(marks):
        shapes.append({
            "type": "line", "yref": "paper", "x0": day.isoformat(), "x1": day.isoformat(), "y0": 0, "y1": 1,
            "line": {"color": COST, "width": 1, "dash": "dashdot"},
        })  # fmt: skip
        # In three rows, so that marks that are close to each other can be read.
        notes.append({
            "x": day.isoformat(), "xanchor": "left", "xshift": 3, "yref": "paper", "y": 1, "yanchor": "top",
            "yshift": -14 * (place % 3), "showarrow": False, "text": words, "font": {"color": COST, "size": 11},
        })  # fmt: skip
    figure = {
        "data": traces,
        "layout": _layout(
            shapes=shapes,
            annotations=notes,
            margin={"l": 8, "r": right, "t": 8, "b": 8},
            xaxis=_axis(showgrid=False, type="date", tickformat="%b %Y", nticks=5, tickangle=0),
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
    `kept_cost` the cost that stays with them. Not a Plotly figure but our own: Plotly's Sankey has
    one direction, writes over its labels and breaks a strict content security policy.
    """
    left = [*suppliers, *([Neighbour("its own money", own_cost, 0.0)] if own_cost else [])]
    right = [*consumers, *([Neighbour("its own customers", kept_cost, own_value)] if kept_cost or own_value else [])]
    columns = (Column("Neighbour", False), Column("Which way", False), Column("Cost"), Column("Value"))
    rows = [
        (one.label, way, formats.money(one.cost, currency, 0), formats.money(one.value, currency, 0))
        for way, members in (("goes in", left), ("goes out", right))
        for one in members
    ]
    summary = (
        f"It pulls from {len(suppliers)}; {len(consumers)} pull from it. Cost is passed on with what is pulled, "
        "left to right; value is credited back the same way, right to left. Thickness is money, on one scale."
    )
    title = f"What flows through {product}"
    return Chart(title, summary, {}, columns, rows, flows=flows(left, right), centre=product, currency=currency)
