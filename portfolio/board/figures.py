"""What the board says of a set of standings: its headline in words, and the table whose parts add up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from portfolio.common import formats
from portfolio.common.drawing import standing as side_of_one
from portfolio.common.money import base_currency
from portfolio.common.months import add_months
from portfolio.engine.rounding import to_cents
from portfolio.rollup import reading
from portfolio.rollup.filters import StandingForm
from portfolio.rollup.headline import Headline
from portfolio.rollup.models import Standing, Window
from portfolio.rollup.monthly import headlines
from products.catalog.models import ValueStream

#: Coins that a small change is told in; other currencies tell it as an amount.
COINS = {"GBP": "p", "USD": "¢", "EUR": "c", "AUD": "c", "CAD": "¢", "NZD": "c", "INR": "p", "ZAR": "c"}

UNITS = ((Decimal(10) ** 10, Decimal(10) ** 6, "m"), (Decimal(10) ** 6, Decimal(10) ** 3, "k"))


def tone(shown: Headline) -> str:
    """Return up, down or even: on which side of 1 the whole range lies."""
    return side_of_one(shown.low, shown.credited, shown.high)


def trend(shown: Headline) -> str:
    """Return the change since the year before, in words."""
    if shown.credited is None or shown.year_before is None:
        return "There is no year before to compare with"
    return change_in_words(shown.credited - shown.year_before)


def change_in_words(change: float) -> str:
    """Return `Up 9p on the year before`."""
    currency = base_currency()
    size = formats.rounded(Decimal(repr(abs(change))), 2)
    if size == 0:
        return "Unchanged on the year before"
    coin = COINS.get(currency)
    amount = f"{int(size * 100)}{coin}" if coin and size < 1 else formats.money(size, currency, 2)
    return f"{'Up' if change > 0 else 'Down'} {amount} on the year before"


def window_in_words(asked: reading.Asked) -> str:
    """Return `year to March 2017`, or the months from-to."""
    last = formats.month_name(asked.last)
    match asked.window:
        case Window.T12M:
            return f"year to {last}"
        case Window.QUARTER:
            return f"quarter to {last}"
        case Window.FISCAL_YEAR:
            return f"fiscal year, {formats.period(asked.first, add_months(asked.last, 1))}"
    return formats.period(asked.first, add_months(asked.last, 1))


# -- the table ------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A line of the table: a product, or a value stream over those below it."""

    standing: Standing | None
    name: str
    spend: Decimal
    value: Decimal
    credited: float | None
    low: float | None
    high: float | None
    depth: int = 0
    value_stream: ValueStream | None = None
    shown_spend: int = 0  #: in the table's unit, rounded so that parts add up
    is_continued: bool = False  #: a stream whose first products are on the page before

    @property
    def product(self):
        """The product, of a product's line."""
        return self.standing.product if self.standing and not self.value_stream else None


@dataclass
class Table:
    """The lines of the board: grouped by value stream, or flat in the order of a column."""

    rows: list[Row]  #: products only, in order
    streams: dict[int, Row] = field(default_factory=dict)
    paths: dict[int, list[int]] = field(default_factory=dict)  #: value stream -> those above it and itself
    unit: Decimal = Decimal(1)
    suffix: str = ""
    shown_total: int = 0

    @property
    def is_grouped(self) -> bool:
        """Whether value streams head their products."""
        return bool(self.streams)

    @cached_property
    def label(self) -> str:
        """The unit of spend: £k."""
        return f"{formats.currency_symbol(base_currency())}{self.suffix}"

    def lines(self, page: Sequence[Row]) -> list[Row]:
        """Return the products of a page with the value streams that head them."""
        if not self.is_grouped or not page:
            return list(page)
        before = self.rows.index(page[0])
        open_path = self.paths[self.rows[before - 1].product.value_stream_id] if before else []
        lines, headed = [], []
        for row in page:
            path = self.paths[row.product.value_stream_id]
            if path != headed:
                common = _common(path, headed)
                for stream in path[common:]:
                    head = self.streams[stream]
                    head.is_continued = not headed and stream in open_path
                    lines.append(head)
                headed = path
            row.depth = len(path)
            lines.append(row)
        return lines


def _common(one: list[int], other: list[int]) -> int:
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))


SORTS: dict[str, Callable[[Row], object]] = {
    "name": lambda row: row.name.casefold(),
    "spend": lambda row: row.spend,
    "value": lambda row: row.value,
    "credited": lambda row: row.credited,
    "moved": lambda row: row.standing.moved if row.standing else None,
    "evidence": lambda row: (
        {"measured": 3, "estimated": 2, "asserted": 1}.get(row.standing.evidence) if row.standing else None
    ),
    "stage": lambda row: ("explore", "grow", "sustain", "retire").index(row.product.stage),
}


def table(form: StandingForm, standings: Sequence[Standing], chosen: Sequence[Standing], sort: str) -> Table:
    """Return the table of the chosen products: in the order of `sort`, or by value stream where that is empty."""
    rows = [_product_row(standing) for standing in chosen]
    total = sum((row.spend for row in rows), Decimal(0))
    unit, suffix = next(((unit, suffix) for size, unit, suffix in UNITS if abs(total) >= size), (Decimal(1), ""))
    made = Table(rows, unit=unit, suffix=suffix, shown_total=int(formats.rounded(total / unit, 0)))
    name = sort.removeprefix("-")
    if name in SORTS:
        made.rows = _sorted(rows, SORTS[name], is_descending=sort.startswith("-"))
        _share_out(made.rows, made.shown_total, unit)
        return made
    _group(made, form, standings)
    return made


def _product_row(standing: Standing) -> Row:
    return Row(
        standing,
        standing.product.name,
        standing.direct_cost,
        standing.credited_value,
        standing.credited if standing.is_valued else None,
        standing.credited_low,
        standing.credited_high,
    )


def _sorted(rows: list[Row], key: Callable[[Row], object], *, is_descending: bool) -> list[Row]:
    """Sort with those that have no figure last either way; equals by name."""
    by_name = sorted(rows, key=SORTS["name"])
    with_figure = [row for row in by_name if key(row) is not None]
    return sorted(with_figure, key=key, reverse=is_descending) + [row for row in by_name if key(row) is None]


def _share_out(rows: Sequence[Row], total: int, unit: Decimal) -> None:
    """Round spends to whole units that add up to the total."""
    for row, shown in zip(rows, to_cents([float(row.spend / unit) for row in rows], total).tolist(), strict=True):
        row.shown_spend = shown


def _group(made: Table, form: StandingForm, standings: Sequence[Standing]) -> None:
    """Put products under their value streams, best return first among siblings, and round from the top down."""
    all_streams = ValueStream.objects.in_bulk()
    below: dict[int, list[Row]] = {}
    for row in made.rows:
        path = [stream := row.product.value_stream_id]
        while (stream := all_streams[stream].parent_id) is not None:
            path.insert(0, stream)
        made.paths[row.product.value_stream_id] = path
        for stream in path:
            below.setdefault(stream, []).append(row)
    made.streams = _stream_rows(form, standings, below, all_streams)
    for path in made.paths.values():
        for depth, stream in enumerate(path):
            made.streams[stream].depth = depth

    ordered: list[Row] = []

    def walk(parent: int | None, total: int) -> None:
        heads = [row for key, row in made.streams.items() if all_streams[key].parent_id == parent]
        own = [row for row in below.get(parent, ()) if row.product.value_stream_id == parent] if parent else []
        _share_out([*own, *heads], total, made.unit)
        ordered.extend(_sorted(own, SORTS["credited"], is_descending=True))
        for head in _sorted(heads, SORTS["credited"], is_descending=True):
            walk(head.value_stream.pk, head.shown_spend)

    walk(None, made.shown_total)
    made.rows = ordered


def _stream_rows(form, standings, below: dict[int, list[Row]], all_streams: dict[int, ValueStream]) -> dict[int, Row]:
    """Return the line of each stream: its own standing, or sums of what is shown where some products are left out."""
    kept = {row.value_stream_id: row for row in standings if row.value_stream_id}
    counts: dict[int, int] = {}
    for row in standings:
        stream = row.product.value_stream_id if row.product_id else None
        while stream is not None:
            counts[stream] = counts.get(stream, 0) + 1
            stream = all_streams[stream].parent_id
    is_whole = {stream: len(rows) == counts.get(stream) and stream in kept for stream, rows in below.items()}
    partial = [stream for stream in below if not is_whole[stream]]
    sets = [{row.product.pk for row in below[stream]} for stream in partial]
    drawn = dict(zip(partial, headlines(form.asked, sets), strict=True))
    heads = {}
    for stream, rows in below.items():
        spend, value = sum(row.spend for row in rows), sum(row.value for row in rows)
        standing = kept[stream] if is_whole[stream] else None
        if standing:
            ends = (standing.credited, standing.credited_low, standing.credited_high)
        else:
            ends = drawn[stream] or (None, None, None)
        if not any(row.standing.is_valued for row in rows):
            ends = (None, None, None)
        heads[stream] = Row(standing, all_streams[stream].name, spend, value, *ends, value_stream=all_streams[stream])
    return heads


def shown_months(asked: reading.Asked, most: int = 36) -> list[date]:
    """Return the months that a chart over time shows: up to the window's last, at least the whole window."""
    length = (asked.last.year - asked.first.year) * 12 + asked.last.month - asked.first.month + 1
    return [add_months(asked.last, 1 - back) for back in range(max(most, length), 0, -1)]
