"""Standings: the figures of products, value streams and the whole over a window of months, with ranges.

Sums first, then the ratio. Ranges come from draws of each metric's worth, followed through the network month by
month: a worth is one unknown, so all its months move together, and adding months does not make it more certain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from portfolio.common.months import add_months, month_range
from portfolio.common.parts import Units
from portfolio.engine import uncertainty
from portfolio.engine.errors import EngineError
from portfolio.engine.flows import trace
from portfolio.rollup.facts import Knowledge, MissingRate, read_month
from portfolio.rollup.models import Basis, BlockedMonth, ProductMonth, Run, Standing, Window
from portfolio.rollup.snapshots import Cents, Inputs, arrays, solve, solved_months, to_money
from products.catalog.models import Product, ValueStream
from products.value.models import Evidence, Valuation

SEED = 20_170_331  # what the draws are made from; kept with each run
DRAWS = 2_000
TREND_MONTHS = 24

COST, VALUE, LOADED, REACHED, CREDITED, MEASURED, ESTIMATED = range(7)
COLUMNS = (
    "direct_cost",
    "own_value",
    "loaded_cost",
    "reached_value",
    "credited_value",
    "measured_value",
    "estimated_value",
)
Floats = NDArray[np.float64]


@dataclass
class Panel:
    """Figures by month and product, in cents: `data` has shape (M months, P products, 7 columns)."""

    months: list[date]
    products: NDArray[np.int64]
    data: Cents
    inputs: dict[date, Inputs] = field(default_factory=dict)
    blocked: dict[date, str] = field(default_factory=dict)

    def total(self, first: date, last: date) -> Cents:
        """Return the sums over the months from `first` to `last`, (P, 7)."""
        chosen = [place for place, month in enumerate(self.months) if first <= month <= last]
        return self.data[chosen].sum(axis=0)


def stored_panel(months: Iterable[date], *, with_inputs: Iterable[date] = ()) -> Panel:
    """Return what the roll-up stored for some months; with what each was solved from, where asked."""
    wanted = sorted(set(months))
    rows = np.array(
        [
            (month.toordinal(), product, *figures)
            for month, product, *figures in ProductMonth.objects.filter(month__in=wanted)
            .order_by()
            .values_list("month", "product_id", *(Units(name, scale=100) for name in COLUMNS))
        ],
        dtype=np.float64,
    ).reshape(-1, 2 + len(COLUMNS))
    products = np.unique(rows[:, 1]).astype(np.int64)
    data = np.zeros((len(wanted), len(products), len(COLUMNS)), np.int64)
    place = np.searchsorted([month.toordinal() for month in wanted], rows[:, 0])
    data[place, np.searchsorted(products, rows[:, 1])] = np.nan_to_num(rows[:, 2:]).astype(np.int64)
    return Panel(
        months=wanted,
        products=products,
        data=data,
        inputs={month: solved.inputs for month, solved in solved_months(with_inputs).items()},
        blocked=dict(BlockedMonth.objects.filter(month__in=wanted).values_list("month", "message")),
    )


def fresh_panel(months: Iterable[date], knowledge: Knowledge) -> Panel:
    """Return the figures of some months worked out anew from the facts that count as known."""
    wanted = sorted(set(months))
    solved, blocked, inputs = {}, {}, {}
    for month in wanted:
        try:
            inputs[month] = arrays(read_month(month, knowledge))
            solved[month] = solve(inputs[month])
        except (EngineError, MissingRate) as error:
            blocked[month] = str(error)
    products = np.unique(np.concatenate([np.empty(0, np.int64), *(known.products for known in inputs.values())]))
    data = np.zeros((len(wanted), len(products), len(COLUMNS)), np.int64)
    for place, month in enumerate(wanted):
        if month not in inputs:
            continue
        known = inputs[month]
        at = np.searchsorted(products, known.products)
        data[place, at, COST], data[place, at, VALUE] = known.cost, known.value
        if month in solved:
            result = solved[month]
            data[place, at, LOADED], data[place, at, REACHED] = result.loaded, result.reached
            data[place, at, CREDITED] = result.credited
            data[place, at, MEASURED:] = result.credited_graded
    return Panel(wanted, products, data, inputs, blocked)


# -- ranges -----------------------------------------------------------------------------------------------------


@dataclass
class Samples:
    """Draws of the sums over a window, in units of the base currency, shape (P, draws) each."""

    own: Floats
    reached: Floats
    credited: Floats


def draw_window(panel: Panel, first: date, last: date, *, seed: int = SEED) -> Samples:
    """Return draws of what each product's own, reached and credited value over the window may be.

    The worths of the window's metrics are drawn, those of overdue metrics from wider ranges, and followed through
    each month's network. Months that are blocked add nothing to the spread.
    """
    months = [panel.inputs[month] for month in month_range(first, last) if month in panel.inputs]
    columns = sorted({f.valuation for month in months for f in month.metrics if f.valuation and f.weight})
    known = panel.inputs.get(last)
    worth = worths(columns, {figure.metric: figure.overdue_days for figure in known.metrics} if known else {}, seed)
    column_of = {valuation: place for place, valuation in enumerate(columns)}
    # The flows are linear in value: one column a valuation will do, unless there are more of them than draws.
    is_direct = len(columns) > DRAWS
    shape = (len(panel.products), DRAWS if is_direct else len(columns))
    own, reached, credited = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for month in months:
        if month.month in panel.blocked:
            continue
        value = _value_columns(month, column_of, worth, is_direct)
        flows = trace(month.cost.astype(np.float64), value, month.shares())
        at = np.searchsorted(panel.products, month.products)
        own[at] += value
        reached[at] += flows.reached_value
        credited[at] += flows.credited_value
    if is_direct:
        return Samples(own, reached, credited)
    return Samples(own @ worth, reached @ worth, credited @ worth)


def worths(valuations: Sequence[int], overdue: Mapping[int, int], seed: int = SEED) -> Floats:
    """Return draws of the worth of a unit, (V, draws): wider for metrics (by id) that are overdue by some days."""
    rows = {
        row[0]: row[1:]
        for row in Valuation.objects.filter(pk__in=valuations).values_list(
            "pk", "low", "high", "metric_id", "metric__code", "metric__cadence_days"
        )
    }
    known = [rows[valuation] for valuation in valuations]
    # Keyed by the metric's code, so that a worth keeps its draws when others come and go, on every database.
    standard = uncertainty.standard_draws(seed, [uncertainty.stable_key(row[3]) for row in known], DRAWS)
    return uncertainty.worth_draws(
        np.array([float(row[0]) for row in known]),
        np.array([float(row[1]) for row in known]),
        np.array([uncertainty.widening(overdue.get(row[2], 0), row[4]) for row in known]),
        standard,
    )


def _value_columns(month: Inputs, column_of: dict[int, int], worth: Floats, is_direct: bool) -> Floats:
    from scipy.sparse import csr_array

    valued = [figure for figure in month.metrics if figure.valuation and figure.weight]
    weights = csr_array(
        (
            np.array([float(figure.weight) for figure in valued if figure.weight is not None]),
            (
                month.positions(figure.product for figure in valued),
                np.array([column_of[figure.valuation] for figure in valued if figure.valuation], dtype=np.intp),
            ),
        ),
        shape=(len(month.products), len(column_of)),
    )
    return weights @ worth if is_direct else weights.toarray()


# -- standings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Movement:
    """Why the credited value per dollar moved since the same window a month earlier; (P,) sums in cents.

    Each stage has cost and credited value: uncorrected, then as known now, then with the new month's value in place
    of the old one's, then its network, then its cost.
    """

    cost: tuple[Cents, ...]
    credited: tuple[Cents, ...]


def movement(panel: Panel, uncorrected: Panel | None, first: date, last: date) -> Movement:
    """Take the step from the window a month earlier to this one apart. `panel` needs the inputs of both ends."""
    before = panel.total(add_months(first, -1), add_months(last, -1))
    after = panel.total(first, last)
    original = before
    if uncorrected is not None:
        original = before.copy()
        at = np.searchsorted(uncorrected.products, panel.products)
        at = np.clip(at, 0, max(len(uncorrected.products) - 1, 0))
        for place, month in enumerate(uncorrected.months):
            if add_months(first, -1) <= month <= add_months(last, -1):
                now = panel.data[panel.months.index(month)]
                then = np.where((uncorrected.products[at] == panel.products)[:, None], uncorrected.data[place][at], 0)
                original += then - now
    dropped, added = panel.inputs[add_months(first, -1)], panel.inputs[last]
    stages = _swap(panel.products, dropped, added)
    if stages is None:  # one of the two months is blocked: what moved cannot be told apart
        with_value = with_network = before[:, CREDITED]
    else:
        with_value = before[:, CREDITED] + stages[0]
        with_network = before[:, CREDITED] + stages[1]
    return Movement(
        cost=(original[:, COST], before[:, COST], before[:, COST], before[:, COST], after[:, COST]),
        credited=(original[:, CREDITED], before[:, CREDITED], with_value, with_network, after[:, CREDITED]),
    )


def _swap(products: NDArray[np.int64], dropped: Inputs, added: Inputs) -> tuple[Cents, Cents] | None:
    """Return how credited value changes when the new month's value, then also its network, replace the old one's."""

    def spread(month: Inputs, column: Cents) -> Floats:
        full = np.zeros(len(products))
        full[np.searchsorted(products, month.products)] = column
        return full

    def network(month: Inputs):
        from scipy.sparse import csr_array

        at = np.searchsorted(products, month.products)
        size = len(products)
        return csr_array((month.share, (at[month.suppliers], at[month.consumers])), shape=(size, size))

    old_cost, old_network = spread(dropped, dropped.cost), network(dropped)
    old_value, new_value = spread(dropped, dropped.value), spread(added, added.value)
    try:
        base = trace(old_cost, np.column_stack([old_value, new_value]), old_network).credited_value
        moved = trace(old_cost, new_value, network(added)).credited_value
    except EngineError:
        return None
    return (np.rint(base[:, 1] - base[:, 0]).astype(np.int64), np.rint(moved - base[:, 0]).astype(np.int64))


def fiscal_year_start(month: date, start: int) -> date:
    """Return the first month of the fiscal year that `month` is in."""
    return date(month.year if month.month >= start else month.year - 1, start, 1)


def window_of(window: str, last: date, fiscal_start: int) -> tuple[date, date]:
    """Return the first and last month of a window that ends with `last`."""
    match window:
        case Window.T12M:
            return add_months(last, -11), last
        case Window.QUARTER:
            return add_months(last, -2), last
    return fiscal_year_start(last, fiscal_start), last


@dataclass(frozen=True)
class Group:
    """What a standing is of: a product, a value stream with all below it, or the whole."""

    product: int | None
    value_stream: int | None
    members: NDArray[np.intp]  #: positions in the panel's products


def groups_of(panel: Panel) -> list[Group]:
    """Return every product of the panel, every value stream that holds one, and the whole."""
    home = dict(Product.objects.values_list("pk", "value_stream_id"))
    parent = dict(ValueStream.objects.values_list("pk", "parent_id"))
    held: dict[int, list[int]] = {}
    for place, product in enumerate(panel.products.tolist()):
        stream: int | None = home[product]
        while stream is not None:
            held.setdefault(stream, []).append(place)
            stream = parent[stream]
    everything = np.arange(len(panel.products))
    return [
        Group(None, None, everything),
        *(Group(None, stream, np.array(places, dtype=np.intp)) for stream, places in sorted(held.items())),
        *(Group(product, None, everything[place : place + 1]) for place, product in enumerate(panel.products.tolist())),
    ]


def standings(
    panel: Panel,
    first: date,
    last: date,
    *,
    window: str = "",
    run: Run | None = None,
    moves: Movement | None = None,
    seed: int = SEED,
) -> list[Standing]:
    """Return unsaved standings over a window, of products, value streams and the whole.

    `panel` needs the window's months with their inputs; with `moves`, also the two years before for the trend.
    """
    totals = panel.total(first, last)
    samples = draw_window(panel, first, last, seed=seed)
    flags = _flags(panel, first, last)
    year_before = panel.total(add_months(first, -12), add_months(last, -12))
    result = []
    for group in groups_of(panel):
        at = group.members
        total = totals[at].sum(axis=0)
        cost, credited = int(total[COST]), int(total[CREDITED])
        standing = Standing(
            run=run,
            window=window,
            first_month=first,
            last_month=last,
            product_id=group.product,
            value_stream_id=group.value_stream,
            direct_cost=to_money(cost),
            own_value=to_money(total[VALUE]),
            credited_value=to_money(credited),
            direct=_ratio(total[VALUE], cost),
            credited=_ratio(credited, cost),
            evidence=_evidence(total),
            is_valued=bool((totals[at, REACHED] != 0).any()),
            is_blocked=any(first <= month <= last for month in panel.blocked),
            overdue_days=int(flags.overdue[at].max(initial=0)),
            has_carried_shares=bool(flags.carried[at].any()),
            year_before=_ratio(*year_before[at].sum(axis=0)[[CREDITED, COST]]),
        )
        _set_range(standing, "own_value", samples.own[at].sum(axis=0))
        _set_range(standing, "credited_value", samples.credited[at].sum(axis=0))
        if group.product:
            standing.loaded_cost = to_money(total[LOADED])
            standing.reached_value = to_money(total[REACHED])
            standing.loaded = _ratio(total[VALUE], total[LOADED])
            _set_range(standing, "reached_value", samples.reached[at].sum(axis=0))
        if cost > 0 and standing.credited_value_low is not None and standing.credited_value_high is not None:
            standing.credited_low = float(standing.credited_value_low) * 100 / cost
            standing.credited_high = float(standing.credited_value_high) * 100 / cost
        if moves:
            _set_movement(standing, moves, at)
            standing.trend = _trend(panel, at, last)
        result.append(standing)
    for of_one_kind in (
        [standing for standing in result if standing.product_id],
        [standing for standing in result if standing.value_stream_id],
    ):
        _rank(of_one_kind)
    return result


def _ratio(above: int | np.integer, below: int | np.integer) -> float | None:
    return float(above) / float(below) + 0.0 if below else None  # + 0.0: no minus before a zero


def _set_range(standing: Standing, name: str, draws: Floats) -> None:
    if not draws.size or not draws.any():
        return
    low, _, high = uncertainty.percentiles(draws, axis=0)
    setattr(standing, f"{name}_low", to_money(round(float(low) * 100)))
    setattr(standing, f"{name}_high", to_money(round(float(high) * 100)))


def _evidence(total: Cents) -> str:
    """Return the grade that most of the credited value rests on; none where there is no value."""
    measured, estimated = abs(int(total[MEASURED])), abs(int(total[ESTIMATED]))
    asserted = abs(int(total[CREDITED] - total[MEASURED] - total[ESTIMATED]))
    if not (measured or estimated or asserted):
        return ""
    # Of equal parts the weaker one counts.
    return max((asserted, 2, Evidence.ASSERTED), (estimated, 1, Evidence.ESTIMATED), (measured, 0, Evidence.MEASURED))[
        2
    ]


@dataclass(frozen=True)
class _Flags:
    overdue: NDArray[np.int64]
    carried: NDArray[np.bool_]


def _flags(panel: Panel, first: date, last: date) -> _Flags:
    """Return, by product, how overdue its valued metrics are in the last month, and whether shares are carried on."""
    overdue = np.zeros(len(panel.products), np.int64)
    carried = np.zeros(len(panel.products), bool)
    for month in month_range(first, last):
        known = panel.inputs.get(month)
        if known is None:
            continue
        at = np.searchsorted(panel.products, known.products)
        stale = [place for place, basis in enumerate(known.basis) if basis == Basis.CARRIED]
        carried[at[known.suppliers[stale]]] = True
        if month == last:
            late = [figure for figure in known.metrics if figure.overdue_days and figure.valuation]
            places = np.searchsorted(panel.products, [figure.product for figure in late])
            np.maximum.at(overdue, places, [figure.overdue_days for figure in late])
    return _Flags(overdue, carried)


def _set_movement(standing: Standing, moves: Movement, at: NDArray[np.intp]) -> None:
    stages = [
        _ratio(credited[at].sum(), cost[at].sum()) for cost, credited in zip(moves.cost, moves.credited, strict=True)
    ]
    standing.before = stages[0]
    if any(stage is None for stage in stages):
        return
    steps = [after - before for before, after in pairwise(stages)]  # type: ignore[operator]
    (
        standing.moved_by_correction,
        standing.moved_by_value,
        standing.moved_by_network,
        standing.moved_by_cost,
    ) = steps


def _trend(panel: Panel, at: NDArray[np.intp], last: date) -> list[float | None]:
    shown = panel.data[-TREND_MONTHS:, at].sum(axis=1)
    return [_ratio(month[CREDITED], month[COST]) for month in shown]


def _rank(of_one_kind: list[Standing]) -> None:
    """Set ranks by credited value per dollar: those whose ranges overlap the leader of their group are tied."""

    def column(name: str) -> Floats:
        return np.array(
            [
                np.nan if (figure := getattr(standing, name)) is None or not standing.is_valued else figure
                for standing in of_one_kind
            ],
            dtype=np.float64,
        )

    expected = column("credited")
    low, high = column("credited_low"), column("credited_high")
    low, high = np.where(np.isnan(low), expected, low), np.where(np.isnan(high), expected, high)
    ranks = uncertainty.tie_groups(expected, low, high)
    counts = np.bincount(ranks, minlength=1)
    for standing, rank in zip(of_one_kind, ranks.tolist(), strict=True):
        standing.rank = rank or None
        standing.is_tied = bool(rank) and int(counts[rank]) > 1
