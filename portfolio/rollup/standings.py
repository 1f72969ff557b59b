"""Standings: the figures of products, value streams and the whole over a window of months, with ranges.

Sums first, then the ratio. Everything is worked out in columns: the whole and the value streams first, as sums by a
matrix of who belongs to what, and then the products.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from portfolio.common.months import add_months, month_range
from portfolio.engine import uncertainty
from portfolio.rollup.inputs import BASES, Cents
from portfolio.rollup.models import Basis, Run, Standing
from portfolio.rollup.movement import Movement
from portfolio.rollup.panel import COLUMNS as COLUMNS
from portfolio.rollup.panel import COST, CREDITED, ESTIMATED, LOADED, MEASURED, REACHED, VALUE, Panel
from portfolio.rollup.panel import fresh_panel as fresh_panel
from portfolio.rollup.panel import stored_panel as stored_panel
from portfolio.rollup.ranges import SEED as SEED
from portfolio.rollup.ranges import Ranges, ranges
from portfolio.rollup.snapshots import to_money
from portfolio.rollup.windows import fiscal_year_start as fiscal_year_start
from portfolio.rollup.windows import window_of as window_of
from products.catalog.models import Product, ValueStream
from products.value.models import Evidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

TREND_MONTHS = 24
Floats = NDArray[np.float64]

# The columns of a standing, by how they are kept here: cents, with what is empty beside them; and floats, NaN if empty.
MONEY = (
    "direct_cost",
    "loaded_cost",
    "own_value",
    "own_value_low",
    "own_value_high",
    "reached_value",
    "reached_value_low",
    "reached_value_high",
    "credited_value",
    "credited_value_low",
    "credited_value_high",
)
RATIOS = ("direct", "loaded", "credited", "credited_low", "credited_high", "before", "year_before")
MOVES = ("moved_by_correction", "moved_by_value", "moved_by_network", "moved_by_cost")
FLAGS = ("is_tied", "is_valued", "has_carried_shares", "is_blocked")


# -- groups -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Groups:
    """The whole, the value streams with all below them, and who belongs to each; standings of products come after."""

    streams: NDArray[np.int64]  #: (G,) ids, 0 for the whole, which is the first
    products: NDArray[np.int64]  #: (P,) ids
    member: "csr_array"  #: (G, P) of int64, 1 where a product belongs

    def with_sums(self, figures: NDArray[Any]) -> NDArray[Any]:
        """Return sums of (P,) or (P, C) figures of the groups, and the figures themselves below them."""
        return np.concatenate([self.member @ figures, figures])

    def with_any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether any product of the group is flagged, and the flags themselves below."""
        return self.with_sums(flags.astype(np.int64)) > 0

    def with_largest(self, figures: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the largest of figures >= 0 in each group, and the figures themselves below."""
        largest = np.zeros(len(self.streams), np.int64)
        row = np.repeat(np.arange(len(self.streams)), np.diff(self.member.indptr))
        np.maximum.at(largest, row, figures[self.member.indices])
        return np.concatenate([largest, figures])


def groups_of(panel: Panel) -> Groups:
    """Return the whole and every value stream that holds a product of the panel."""
    from scipy.sparse import csr_array

    home = dict(Product.objects.order_by().values_list("pk", "value_stream_id"))
    parent = dict(ValueStream.objects.order_by().values_list("pk", "parent_id"))
    homes = np.array([home[product] for product in panel.products.tolist()], np.int64)
    streams: dict[int, list[NDArray[np.intp]]] = {}
    for below in np.unique(homes).tolist():
        places = np.flatnonzero(homes == below)
        stream: int | None = below
        while stream is not None:
            streams.setdefault(stream, []).append(places)
            stream = parent[stream]
    ids = sorted(streams)
    members = [np.arange(len(homes)), *(np.sort(np.concatenate(streams[stream])) for stream in ids)]
    member = csr_array(
        (
            np.ones(sum(map(len, members)), np.int64),
            np.concatenate(members),
            np.cumsum([0, *map(len, members)]),
        ),
        shape=(len(members), len(homes)),
    )
    return Groups(np.array([0, *ids], np.int64), panel.products, member)


# -- standings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Table:
    """All standings over one window, in columns of N: the whole, value streams, products."""

    window: str
    first: date
    last: date
    value_streams: NDArray[np.int64]  #: (N,) ids, 0 for none
    products: NDArray[np.int64]  #: (N,) ids, 0 for none
    money: dict[str, tuple[Cents, NDArray[np.bool_]]]  #: by name in MONEY: cents, and where there is no figure
    ratios: dict[str, Floats]  #: by name in RATIOS
    moves: dict[str, Floats]  #: by name in MOVES
    flags: dict[str, NDArray[np.bool_]]  #: by name in FLAGS
    rank: NDArray[np.int64]  #: 0 for none
    overdue_days: NDArray[np.int64]
    evidence: NDArray[np.str_]
    trend: Floats  #: (N, months), NaN where there is no figure

    def __len__(self) -> int:
        return len(self.products)

    def of_product(self, product: int) -> "Table":
        """Return the standing of one product alone, or none where it has none."""
        at = np.flatnonzero(self.products == product)
        return replace(
            self,
            value_streams=self.value_streams[at],
            products=self.products[at],
            money={name: (cents[at], is_empty[at]) for name, (cents, is_empty) in self.money.items()},
            ratios={name: column[at] for name, column in self.ratios.items()},
            moves={name: column[at] for name, column in self.moves.items()},
            flags={name: column[at] for name, column in self.flags.items()},
            rank=self.rank[at],
            overdue_days=self.overdue_days[at],
            evidence=self.evidence[at],
            trend=self.trend[at],
        )

    def rows(self, run: Run | None = None) -> list[Standing]:
        """Return the standings as unsaved rows."""
        money = {
            name: [None if empty else to_money(one) for one, empty in zip(*map(np.ndarray.tolist, both), strict=True)]
            for name, both in self.money.items()
        }
        ratios = {name: _listed(column) for name, column in self.ratios.items()}
        others = {name: column.tolist() for name, column in (self.moves | self.flags).items()}
        trends = _listed(self.trend)
        return [
            Standing(
                run=run,
                window=self.window,
                first_month=self.first,
                last_month=self.last,
                product_id=product or None,
                value_stream_id=stream or None,
                rank=rank or None,
                overdue_days=overdue,
                evidence=evidence,
                trend=trend,
                **{name: column[place] for name, column in (money | ratios | others).items()},
            )
            for place, (product, stream, rank, overdue, evidence, trend) in enumerate(
                zip(
                    self.products.tolist(),
                    self.value_streams.tolist(),
                    self.rank.tolist(),
                    self.overdue_days.tolist(),
                    self.evidence.tolist(),
                    trends,
                    strict=True,
                )
            )
        ]


def _listed(figures: Floats) -> list[Any]:
    """Return figures as lists, with None for NaN."""
    objects = figures.astype(object)
    objects[np.isnan(figures)] = None
    return objects.tolist()


def tables(
    panel: Panel,
    firsts: Mapping[str, date],
    last: date,
    *,
    moves: Mapping[str, Movement] | None = None,
    keeps: bool = False,
) -> list[Table]:
    """Return the standings over windows, by name and first month, that all end with `last`.

    `panel` needs the windows' months; with `moves`, also the two years before for the trend. For `keeps` see `ranges`.
    """
    groups = groups_of(panel)
    spread = ranges(panel, firsts, last, groups.member, keeps=keeps)
    return [
        _table(panel, groups, spread[name], (name, first, last), moves[name] if moves else None)
        for name, first in firsts.items()
    ]


def _table(
    panel: Panel, groups: Groups, spread: Ranges, window: tuple[str, date, date], moves: Movement | None
) -> Table:
    name, first, last = window
    totals = panel.total(first, last)
    sums = groups.with_sums(totals)
    count, size = len(groups.streams), len(groups.products)
    is_group = np.arange(count + size) < count
    cost, credited = sums[:, COST], sums[:, CREDITED]
    overdue, carried = _flags(panel, first, last)
    year_before = groups.with_sums(panel.total(add_months(first, -12), add_months(last, -12)))
    is_valued = groups.with_any(totals[:, REACHED] != 0)
    nothing = np.zeros(count + size, bool)
    below = np.zeros((count, 2), np.int64)
    money = {
        "direct_cost": (cost, nothing),
        "loaded_cost": (sums[:, LOADED], is_group),
        "reached_value": (sums[:, REACHED], is_group),
        "own_value": (sums[:, VALUE], nothing),
        "credited_value": (credited, nothing),
    }
    for of, (off, has) in {
        "own_value": (spread.own, spread.has_own),
        "reached_value": (
            np.concatenate([below, spread.reached]),
            np.concatenate([is_group[:count], spread.has_reached]),
        ),
        "credited_value": (spread.credited, spread.has_credited),
    }.items():
        figure, is_missing = money[of]
        # The draws say how far a figure may be off; one that is certain has both ends where it is itself.
        is_empty = is_missing | ~(has | (figure != 0))
        for place, end in enumerate(("low", "high")):
            money[f"{of}_{end}"] = (figure + off[:, place], is_empty)
    ratios = {
        "direct": _ratio(sums[:, VALUE], cost),
        "loaded": np.where(is_group, np.nan, _ratio(sums[:, VALUE], sums[:, LOADED])),
        "credited": _ratio(credited, cost),
        "year_before": _ratio(year_before[:, CREDITED], year_before[:, COST]),
        "before": np.full(count + size, np.nan),
    }
    for end in ("low", "high"):
        cents, is_empty = money[f"credited_value_{end}"]
        ratios[f"credited_{end}"] = np.where(is_empty | (cost <= 0), np.nan, _ratio(cents, cost))
    moved = dict.fromkeys(MOVES, np.zeros(count + size))
    trend = np.empty((count + size, 0))
    if moves:
        stages = [
            _ratio(groups.with_sums(one), groups.with_sums(other))
            for one, other in zip(moves.credited, moves.cost, strict=True)
        ]
        ratios["before"] = stages[0]
        is_told = ~np.isnan(np.stack(stages)).any(axis=0)
        moved = {
            step: np.where(is_told, after - before, 0.0)
            for step, (before, after) in zip(MOVES, pairwise(stages), strict=True)
        }
        shown = panel.data[-TREND_MONTHS:]
        trend = _ratio(groups.with_sums(shown[:, :, CREDITED].T), groups.with_sums(shown[:, :, COST].T))
    rank, is_tied = _ranks(ratios, is_valued, is_group)
    return Table(
        window=name,
        first=first,
        last=last,
        value_streams=np.concatenate([groups.streams, np.zeros(size, np.int64)]),
        products=np.concatenate([np.zeros(count, np.int64), groups.products]),
        money={column: money[column] for column in MONEY},
        ratios={column: ratios[column] for column in RATIOS},
        moves=moved,
        flags={
            "is_tied": is_tied,
            "is_valued": is_valued,
            "has_carried_shares": groups.with_any(carried),
            "is_blocked": np.full(count + size, any(first <= month <= last for month in panel.blocked)),
        },
        rank=rank,
        overdue_days=groups.with_largest(overdue),
        evidence=_evidence(sums),
        trend=trend,
    )


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Floats:
    """Return above / below, and NaN where there is nothing to divide by."""
    top, bottom = above.astype(np.float64), below.astype(np.float64)
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0) + 0.0  # no minus before a zero


def _evidence(sums: Cents) -> NDArray[np.str_]:
    """Return the grade that most of the credited value rests on; none where there is no value."""
    graded = [np.abs(sums[:, CREDITED] - sums[:, MEASURED] - sums[:, ESTIMATED])]
    graded += [np.abs(sums[:, ESTIMATED]), np.abs(sums[:, MEASURED])]
    # Of equal parts the weaker one counts: it comes first.
    named = np.array([Evidence.ASSERTED.value, Evidence.ESTIMATED.value, Evidence.MEASURED.value])
    return np.where(np.any(graded, axis=0), named[np.argmax(graded, axis=0)], "")


def _flags(panel: Panel, first: date, last: date) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return, by product, how overdue its valued metrics are in the last month, and whether shares are carried on."""
    overdue, carried = np.zeros(len(panel.products), np.int64), np.zeros(len(panel.products), bool)
    for month in month_range(first, last):
        known = panel.inputs.get(month)
        if known is None:
            continue
        at = panel.positions(known)
        carried[at[known.suppliers[known.basis_codes == BASES.index(Basis.CARRIED)]]] = True
        if month == last:
            of = known.measured
            late = of.is_valued & (of.overdue > 0)
            np.maximum.at(overdue, at[of.product[late]], of.overdue[late])
    return overdue, carried


def _ranks(
    ratios: Mapping[str, Floats], is_valued: NDArray[np.bool_], is_group: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return ranks by credited value per dollar, and which are tied: those whose ranges overlap their leader's.

    Value streams among themselves, and products; the whole, and what is not valued, has no rank.
    """
    rank, is_tied = np.zeros(len(is_group), np.int64), np.zeros(len(is_group), bool)
    for kind in (np.flatnonzero(is_group)[1:], np.flatnonzero(~is_group)):
        expected, low, high = (
            np.where(is_valued[kind], ratios[name][kind], np.nan)
            for name in ("credited", "credited_low", "credited_high")
        )
        rank[kind] = ranks = uncertainty.tie_groups(expected, low, high)
        is_tied[kind] = (ranks > 0) & (np.bincount(ranks, minlength=1)[ranks] > 1)
    return rank, is_tied
