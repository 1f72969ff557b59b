"""What was worked out adds up: in every month, from metrics to products, from months to windows, from products up."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np
from django.db.models import F, Sum
from django.urls import reverse

from funding import booked
from funding.models import ClosedBalance, LedgerEntry, PeriodClose
from portfolio.common import formats
from portfolio.common.months import add_months, month_range
from portfolio.common.parts import Units, UnitsDuring
from portfolio.common.recorded import RecordedQuerySet
from portfolio.rollup.checks.findings import SHOWN, Finding, Wrong
from portfolio.rollup.checks.moment import Moment, money, month_name, product_month, products_named, waiting_words
from portfolio.rollup.models import ProductMonth, SolvedMonth, Standing, Window
from portfolio.rollup.snapshots import solved_months
from products.catalog.models import Product, ValueStream
from products.health.models import Impact
from products.value.models import Metric, Observation

EXACTNESS = 1e-9  # how far the engine's sums may be off before rounding, relative


def _cents(column: str) -> Sum:
    return Sum(Units(column, scale=100))


# -- every month ------------------------------------------------------------------------------------------------


def _kept(now: Moment, stays: str, went_in: str) -> Finding:
    """Compare the sums of two columns in every month that is solved."""
    sums = (
        ProductMonth.objects.exclude(month__in=now.blocked)
        .order_by("month")
        .values_list("month")
        .annotate(found=_cents(stays), needed=_cents(went_in))
    )
    finding = Finding(0, "months", left_out=waiting_words(now.blocked & set(now.months), "cannot be solved"))
    for month, found, needed in sums:
        finding.looked_at += 1
        if (found or 0) != (needed or 0):
            href = f"{reverse('rollup:run-list')}"
            finding.add(Wrong(month_name(month), money(found or 0), money(needed or 0), href))
    return finding


def cost_is_kept(now: Moment) -> Finding:
    """Compare what stays with customers outside with what went in."""
    return _kept(now, "retained_cost", "direct_cost")


def value_is_kept(now: Moment) -> Finding:
    """Compare what is credited to products with what customers had."""
    return _kept(now, "credited_value", "own_value")


def engine_is_exact(now: Moment) -> Finding:
    """Compare how far the engine's sums were off with how far they may be."""
    gaps = SolvedMonth.objects.exclude(digest="").order_by("month").values_list("month", "gap")
    finding = Finding(len(gaps), "months")
    for month, gap in gaps:
        if not gap <= EXACTNESS:  # NaN is off, too
            finding.add(Wrong(month_name(month), f"{gap:.1e}", f"at most {EXACTNESS:.0e}", reverse("rollup:run-list")))
    return finding


# -- each product-month ---------------------------------------------------------------------------------------------


ROW_COLUMNS = (
    "ledger_cost",
    "labour_cost",
    "direct_cost",
    "own_value",
    "loaded_cost",
    "retained_cost",
    "reached_value",
    "credited_value",
)


def _rows(month: date) -> np.ndarray:
    """Return a month's rows as (P, 9): the product, then ROW_COLUMNS in cents; what is empty counts as nothing."""
    rows = ProductMonth.objects.filter(month=month).order_by("product_id")
    columns = [Units(name, scale=100) for name in ROW_COLUMNS]
    found = [tuple(figure or 0 for figure in row) for row in rows.values_list("product_id", *columns)]
    return np.array(found, dtype=np.int64).reshape(-1, 1 + len(ROW_COLUMNS))


def _differences(
    finding: Finding, month: date, ids: np.ndarray, found: np.ndarray, needed: np.ndarray, of: str
) -> None:
    at = np.flatnonzero(found != needed)
    if not len(at):
        return
    products = products_named(ids[at[:SHOWN]].tolist())
    for place in at[:SHOWN].tolist():
        name, href = product_month(products, int(ids[place]), month)
        finding.add(Wrong(f"{name}, {of}", money(int(found[place])), money(int(needed[place])), href))
    finding.count += max(0, len(at) - SHOWN)


def parts_make_products(now: Moment) -> Finding:
    """Compare each product-month with what it is made of: ledger and labour, and its metrics one by one."""
    finding = Finding(0, "product-months")
    for month in now.months:
        rows = _rows(month)
        finding.looked_at += len(rows)
        ids = rows[:, 0]
        by = {name: rows[:, 1 + place] for place, name in enumerate(ROW_COLUMNS)}
        _differences(finding, month, ids, by["direct_cost"], by["ledger_cost"] + by["labour_cost"], "direct cost")
        if month not in now.versions:
            continue
        inputs = solved_months([month])[month].inputs
        at, is_there = _places(ids, inputs.products)
        value = np.zeros(len(ids), np.int64)
        owners = inputs.measured.product
        known = is_there[owners]
        np.add.at(value, at[owners[known]], inputs.measured.value[known])
        _differences(finding, month, ids, by["own_value"], value, "value of its metrics")
    return finding


def rows_equal_arrays(now: Moment) -> Finding:
    """Compare the rows of each month with the arrays that its standings are made from."""
    finding = Finding(0, "product-months")
    for month in now.months:
        if month not in now.versions:
            continue
        solved = solved_months([month])[month]
        rows = _rows(month)
        finding.looked_at += len(rows)
        inputs, results = solved.inputs, solved.results
        missing = set(inputs.products.tolist()) ^ set(rows[:, 0].tolist())
        if missing:
            products = products_named(list(missing)[:SHOWN])
            for product in sorted(missing)[:SHOWN]:
                name, href = product_month(products, product, month)
                finding.add(Wrong(name, "in one of the two", "in both", href))
            continue
        kept = [("ledger_cost", inputs.ledger), ("labour_cost", inputs.labour), ("own_value", inputs.value)]
        if results is not None:
            kept += [
                ("loaded_cost", results.loaded),
                ("retained_cost", results.retained),
                ("reached_value", results.reached),
                ("credited_value", results.credited),
            ]
        for name, column in kept:
            found = rows[:, 1 + ROW_COLUMNS.index(name)]
            _differences(finding, month, rows[:, 0], found, column, name.replace("_", " "))
    return finding


def _places(known: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each of `wanted` stands in `known`, which is ascending, and whether it is there at all."""
    if not len(known):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


# -- what incidents lost --------------------------------------------------------------------------------------------


def losses_are_taken(now: Moment) -> Finding:
    """Compare how much there was of what incidents lost with what was observed, less what was lost: once each.

    In every open month but the first, which takes what came late as well. By sums made in the database, where the
    roll-up makes them in arrays.
    """
    impacts, observations = Impact.objects.known().filter(counted__gt=0), Observation.objects.known()
    touched: dict[date, set[int]] = {}
    for metric, first, last in impacts.order_by().values_list("metric_id", "month", "last_month"):
        for month in month_range(first, last):
            if month in now.versions and not now.is_closed(month) and month != now.opens:
                touched.setdefault(month, set()).add(metric)
    waiting = now.awaiting & touched.keys()
    finding = Finding(0, "metrics' months", left_out=waiting_words(waiting))
    for month in sorted(touched.keys() - waiting):
        measured = solved_months([month])[month].inputs.measured
        stored = dict(zip(measured.ids.tolist(), measured.quantity.tolist(), strict=True))
        metrics = touched[month] & stored.keys()  # a metric that was never observed has no figure
        seen, lost = (
            _units_during(rows.filter(metric__in=metrics), column, month)
            for rows, column in ((observations, "value"), (impacts, "counted"))
        )
        named = Metric.objects.in_bulk(metrics)
        finding.looked_at += len(metrics)
        for metric in sorted(metrics):
            found, needed = stored[metric], seen.get(metric, 0) - lost.get(metric, 0)
            if found != needed:
                what = f"{named[metric]}, {month_name(month)}"
                finding.add(Wrong(what, _quantity(found), _quantity(needed), named[metric].get_absolute_url()))
    return finding


def _units_during(rows: RecordedQuerySet, column: str, month: date) -> dict[int, int]:
    """Return what falls into a month of a quantity, in ten-thousandths, by metric."""
    after = add_months(month, 1)
    part = UnitsDuring(column, scale=10_000, first=month, after=after)
    sums = rows.filter(starts__lt=after, ends__gt=month).order_by().values_list("metric_id").annotate(units=Sum(part))
    return {metric: int(units) for metric, units in sums}


def _quantity(units: int) -> str:
    return formats.quantity(Decimal(units).scaleb(-4))


# -- the ledger -------------------------------------------------------------------------------------------------


def ledger_is_in(now: Moment) -> Finding:
    """Compare what was rolled up with the ledger itself, month by month, entries that span months in their parts.

    A closed month is compared with what its ledger was frozen at, and the first open one takes what came late.
    """
    rolled = dict(
        ProductMonth.objects.order_by().values_list("month").annotate(cents=_cents("ledger_cost")).order_by("month")
    )
    entries = LedgerEntry.objects.known().order_by()
    whole = dict(entries.filter(month=F("last_month")).values_list("month").annotate(cents=_cents("base_amount")))
    balances = ClosedBalance.objects.filter(close__in=PeriodClose.objects.known()).order_by()
    frozen = dict(balances.values_list("month").annotate(cents=_cents("amount")))
    last = max(rolled, default=None)
    months = set(rolled) | set(frozen) | {month for month in whole if last and month <= last}
    late = 0
    if now.opens:
        late = sum(booked.late().values())
        months |= {now.opens} if late else set()
    waiting = now.awaiting & (set(rolled) | set(whole))
    finding = Finding(0, "months", left_out=waiting_words(waiting))
    for month in sorted(months):
        if now.is_closed(month):
            needed = int(frozen.get(month, 0))
        elif month in now.awaiting:
            continue
        else:
            needed = int(whole.get(month, 0)) + _of_spanning(entries, month) + (late if month == now.opens else 0)
        finding.looked_at += 1
        found = int(rolled.get(month, 0))
        if found != needed:
            finding.add(Wrong(month_name(month), money(found), money(needed), _ledger_of(month)))
    return finding


def _of_spanning(entries: RecordedQuerySet, month: date) -> int:
    """Return the cents that fall in a month of the entries that span months."""
    part = UnitsDuring("base_amount", scale=100, first=month, after=add_months(month, 1))
    spanning = entries.filter(month__lte=month, last_month__gte=month, last_month__gt=F("month"))
    return int(spanning.aggregate(cents=Sum(part))["cents"] or 0)


def _ledger_of(month: date) -> str:
    return f"{reverse('funding:ledger-entry-list')}?month={month:%Y-%m}"


# -- standings ------------------------------------------------------------------------------------------------------


SUMS = ("direct_cost", "own_value", "credited_value")
OF_PRODUCTS = (*SUMS, "loaded_cost", "reached_value")


def _windows() -> Iterator[tuple[str, date, date]]:
    yield from Standing.objects.order_by().values_list("window", "first_month", "last_month").distinct()


def months_make_windows(now: Moment) -> Finding:
    """Compare each product's standing over a window with the sum of its months."""
    finding = Finding(0, "standings of products")
    for window, first, last in _windows():
        is_settled = now.is_settled(first, last)
        sums = {
            product: [int(figure or 0) for figure in figures]
            for product, *figures in ProductMonth.objects.filter(month__gte=first, month__lte=last)
            .order_by()
            .values_list("product_id")
            .annotate(**{f"sum_{name}": _cents(name) for name in OF_PRODUCTS})
        }
        kept = Standing.objects.filter(window=window).exclude(product=None)
        columns = [Units(name, scale=100) for name in OF_PRODUCTS]
        wrong: list[tuple[int, str, int, int]] = []
        for product, *figures in kept.order_by().values_list("product_id", *columns):
            finding.looked_at += 1
            needed = sums.pop(product, [0] * len(OF_PRODUCTS))
            if [int(figure or 0) for figure in figures] != needed:
                name, found, right = next(
                    (name, int(found or 0), right)
                    for name, found, right in zip(OF_PRODUCTS, figures, needed, strict=True)
                    if int(found or 0) != right
                )
                wrong.append((product, name.replace("_", " "), found, right))
        wrong += [(product, "no standing", 0, figures[0]) for product, figures in sums.items() if any(figures)]
        _add_standings(finding, wrong, Window(window).label, is_settled=is_settled)
    return finding


def _add_standings(finding: Finding, wrong: list[tuple[int, str, int, int]], window: str, *, is_settled: bool) -> None:
    if not wrong:
        return
    finding.is_certain &= is_settled
    if not is_settled:
        finding.left_out = "Some months are being worked out; what differs may be on its way."
    products = products_named(product for product, *_ in wrong[:SHOWN])
    for product, what, found, needed in wrong[:SHOWN]:
        row = products.get(product)
        name, href = (row.name, row.get_absolute_url()) if row else (f"product {product}", "")
        finding.add(Wrong(f"{name}, {window}, {what}", money(found), money(needed), href))
    finding.count += max(0, len(wrong) - SHOWN)


def products_make_streams(now: Moment) -> Finding:
    """Compare the standings of value streams, and of the whole, with those of the products below them."""
    finding = Finding(0, "value streams and wholes")
    home = dict(Product.objects.values_list("pk", "value_stream_id"))
    streams = ValueStream.objects.in_bulk()
    columns = [Units(name, scale=100) for name in SUMS]
    for window, first, last in _windows():
        is_settled = now.is_settled(first, last)
        kept: dict[int, list[int]] = {}
        needed: dict[int, list[int]] = {0: [0] * len(SUMS)}
        for product, stream, *figures in (
            Standing.objects.filter(window=window).order_by().values_list("product_id", "value_stream_id", *columns)
        ):
            row = [int(figure or 0) for figure in figures]
            if product is None:
                kept[stream or 0] = row
                continue
            for above in _above(home.get(product), streams):
                sums = needed.setdefault(above, [0] * len(SUMS))
                needed[above] = [one + other for one, other in zip(sums, row, strict=True)]
        for stream in sorted(kept.keys() | needed.keys()):
            finding.looked_at += 1
            found, right = kept.get(stream, [0] * len(SUMS)), needed.get(stream, [0] * len(SUMS))
            if found == right:
                continue
            finding.is_certain &= is_settled
            name, of, summed = next(
                (name, one, other) for name, one, other in zip(SUMS, found, right, strict=True) if one != other
            )
            of_stream = streams.get(stream)
            what = (
                f"{of_stream.name if of_stream else 'All products'}, {Window(window).label}, {name.replace('_', ' ')}"
            )
            href = of_stream.get_absolute_url() if of_stream else reverse("board:board")
            finding.add(Wrong(what, money(of), money(summed), href))
    if finding.count and not finding.is_certain:
        finding.left_out = "Some months are being worked out; what differs may be on its way."
    return finding


def _above(stream: int | None, streams: dict[int, ValueStream]) -> Iterator[int]:
    """Yield the whole (0), a stream, and those above it."""
    yield 0
    while stream is not None and stream in streams:
        yield stream
        stream = streams[stream].parent_id
