"""Measure next: what it would be worth to know one thing exactly before the money is split.

The expected value of perfect information about an unknown (Raiffa & Schlaifer 1961, Applied Statistical Decision
Theory, chapter 4; Howard 1966, Information value theory, IEEE Trans. Systems Science and Cybernetics 2(1)): the mean,
over its draws, of how much better the split is that is best when the unknown is known to have that draw, than the split
that is best for what is expected. All else stays at what is expected of it.

What is measured moves money between one product and the rest, and the rest, whichever product is left out, is always
the same products at one price of money. So one table, of what all products together take at each price and what they
return for it, serves every product: less its own part, it is what the rest takes and returns. With it the best value is
found against each product's own return at a few dozen returns, and each draw is read between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .demand import Demand
from .errors import EngineError
from .rebalancing import Split, best_split
from .response import has_basis
from .rules import Group

Array = NDArray[np.float64]
Places = NDArray[np.intp]

KNOTS = 64  # values of an unknown at which the best split is found
KNOTS_EACH = 32  # the same where each is a whole split to find
PRICES = 2_048  # in the table
NEAR = 1e-4  # step of the table at today's price, in its logarithm; steps grow with the distance
FARTHEST = 40.0  # in the logarithm of the price, to either side
HALVINGS = 55
MATERIAL = 0.01  # of the budget: money moved that makes another split
NOTHING = 1e-12  # of its expected value: what a product is split for that has turned out to be worth nothing
BLOCK = 1_000_000  # numbers at once


@dataclass(frozen=True)
class Information:
    """What it would be worth to know each of N unknowns exactly, one at a time.

    Attributes
    ----------
    value : ndarray, shape (N,)
        By how much the split would be expected to gain, in value; at least 0.
    probability : ndarray, shape (N,)
        How likely it is that more than 1 % of the budget would go elsewhere.
    moved : ndarray, shape (N,)
        How much money would go elsewhere on average.
    """

    value: Array
    probability: Array
    moved: Array


@dataclass(frozen=True)
class InformationValues:
    """The best split for what is expected, and what it would be worth to know each metric's worth, each elasticity."""

    split: Split
    worth: Information
    elasticity: Information | None


def information_values(
    current: ArrayLike,
    value: ArrayLike,
    elasticity: ArrayLike,
    floor: ArrayLike,
    ceiling: ArrayLike,
    budget: float,
    *,
    share: Any,
    worth_draws: ArrayLike,
    elasticity_draws: ArrayLike | None = None,
    groups: Sequence[Group] | None = None,
) -> InformationValues:
    """Return what it would be worth to know what each of M metrics is worth, and each of P elasticities.

    A metric's worth w counts in the value of product p with `share[m, p]`: known to be w, the product's value is
    `value[p] + share[m, p] (w - mean of w)`. Where it counts in one product that can move, and there are no groups, the
    best split is read off the one table. Else, and it is still one unknown, the whole split is found at `KNOTS_EACH`
    of its quantiles, and in between read from a curve with the right slopes; that takes as many splits a metric.

    Parameters
    ----------
    current, value, elasticity, floor, ceiling, budget, groups
        As for `rebalancing.best_split`; value and elasticity are what is expected.
    share : array_like or scipy sparse array, shape (M, P)
        Credited value of each product for each unit that a metric is worth.
    worth_draws : array_like, shape (D, M)
        Draws of what each metric's unit is worth; with draws that have a mean of 1, `share` is the value itself.
    elasticity_draws : array_like, shape (D, P), optional
        Draws of elasticities, NaN in columns of products that have none.

    Raises EngineError as `best_split` does, and for shapes that do not fit.
    """
    current, value, elasticity = (np.asarray(figures, dtype=np.float64) for figures in (current, value, elasticity))
    split = best_split(current, value, elasticity, floor, ceiling, budget, groups)
    size = current.size
    worths = _draws("worth", worth_draws)
    entries = _entries(share, (worths.shape[1], size))
    basis = has_basis(current, value, elasticity)
    floors, ceilings = (np.broadcast_to(np.asarray(bound, dtype=np.float64), (size,)) for bound in (floor, ceiling))
    # Where there is no money to move, or nowhere to move it to, nothing that is known moves it.
    has_choice = bool(groups) or 0 < split.shadow_prices.budget < np.inf
    free = np.flatnonzero(basis & (ceilings > floors) & has_choice)
    asked = _Asked(current, value, elasticity, floors, ceilings, float(budget), groups, split, free)

    is_free = np.zeros(size, dtype=bool)
    is_free[free] = True
    entries = [(products[is_free[products]], parts[is_free[products]]) for products, parts in entries]
    worth = Information(*(np.zeros(worths.shape[1]) for _ in range(3)))
    alone = [m for m, (products, _) in enumerate(entries) if products.size == 1 and not groups]
    if alone:
        products = np.array([entries[m][0][0] for m in alone], dtype=np.intp)
        parts = np.array([entries[m][1][0] for m in alone])
        # In multiples of the product's value, of which 1 is expected.
        multiples = 1 + (worths[:, alone] - worths[:, alone].mean(axis=0)) * (parts / value[products])
        _keep(worth, alone, asked.of_multiples(products, multiples), multiples, asked.budget)
    for m, (products, parts) in enumerate(entries):
        if products.size and (groups or products.size > 1):
            about = worths[:, m] - worths[:, m].mean()
            _keep(worth, [m], asked.of_worth(products, parts, about), about[:, None], asked.budget)

    known = None
    if elasticity_draws is not None:
        drawn = _draws("elasticity", elasticity_draws)
        if drawn.shape[1] != size:
            raise EngineError(f"There are {drawn.shape[1]} columns of drawn elasticities, but {size} products.")
        known = Information(*(np.zeros(size) for _ in range(3)))
        can = free[~np.isnan(drawn[:, free]).any(axis=0)]
        if not ((drawn[:, can] > 0) & (drawn[:, can] < 1)).all():
            raise EngineError("Drawn elasticities lie above 0 and below 1, or are NaN for a whole product.")
        if can.size and not groups:
            _keep(known, can, asked.of_elasticities(can, drawn[:, can]), drawn[:, can], asked.budget)
        for p in can if groups else ():
            _keep(known, [p], asked.of_elasticity(int(p), drawn[:, p]), drawn[:, [p]], asked.budget)
    return InformationValues(split=split, worth=worth, elasticity=known)


@dataclass(frozen=True)
class _Curves:
    """Of N unknowns: what knowing them gains, and moves, at K of their values, in order; shape (N, K) each."""

    at: Array
    gain: Array
    slope: Array  # of the gain
    moved: Array


@dataclass
class _Asked:
    """The split that is best for what is expected, and how it would change."""

    current: Array
    value: Array
    elasticity: Array
    floor: Array
    ceiling: Array
    budget: float
    groups: Sequence[Group] | None
    split: Split
    free: Places

    # -- whole splits, one at a time ---------------------------------------------------------------------------

    def of_worth(self, products: Places, parts: Array, about: Array) -> _Curves:
        """Return the curves of one metric that counts in several products, or under groups."""
        own = (products, parts, self.elasticity[products])
        before = self._returned(*own, self.split.amounts[products]).sum()
        knots, rows = _knots(about, 0.0, KNOTS_EACH), []
        for worth in knots:
            value = self.value.copy()
            value[products] = np.maximum(value[products] + parts * worth, NOTHING * value[products])
            amounts = self._best(value, self.elasticity)
            value[products] = self.value[products] + parts * worth
            slope = float(self._returned(*own, amounts[products]).sum() - before)
            rows.append((self._gain(amounts, value, self.elasticity), slope, self._moved(amounts)))
        return _curves(knots, rows)

    def of_elasticity(self, product: int, draws: Array) -> _Curves:
        """Return the curves of one elasticity, under groups."""
        knots, rows = _knots(draws, float(self.elasticity[product]), KNOTS_EACH), []
        place = np.array([product])
        for known in knots:
            elasticity = self.elasticity.copy()
            elasticity[product] = known
            amounts = self._best(self.value, elasticity)
            own = (place, self.value[place], elasticity[place])
            slope = self._turned(*own, amounts[place]) - self._turned(*own, self.split.amounts[place])
            rows.append((self._gain(amounts, self.value, elasticity), float(slope[0]), self._moved(amounts)))
        return _curves(knots, rows)

    def _best(self, value: Array, elasticity: Array) -> Array:
        found = best_split(self.current, value, elasticity, self.floor, self.ceiling, self.budget, self.groups)
        return found.amounts

    def _gain(self, amounts: Array, value: Array, elasticity: Array) -> float:
        """Return what these amounts are worth above those that are best for what is expected."""
        free = self.free
        own = (free, value[free], elasticity[free])
        better = self._returned(*own, amounts[free]) - self._returned(*own, self.split.amounts[free])
        return float(better.sum())

    def _moved(self, amounts: Array) -> float:
        return float(np.abs(amounts - self.split.amounts).sum() / 2)

    # -- one table for all --------------------------------------------------------------------------------------

    def of_multiples(self, products: Places, draws: Array) -> _Curves:
        """Return the curves of the values of single products, in multiples of what is expected."""
        knots = np.array([_knots(column, 1.0, KNOTS, is_log=True) for column in draws.T])
        amounts, gain = self._moves(products, knots, np.repeat(self.elasticity[products, None], knots.shape[1], axis=1))
        before = self.split.amounts[products, None]
        own = (products[:, None], self.value[products, None], self.elasticity[products, None])
        slope = self._returned(*own, amounts) - self._returned(*own, before)
        return _Curves(knots, gain, slope, np.abs(amounts - before))

    def of_elasticities(self, products: Places, draws: Array) -> _Curves:
        """Return the curves of the elasticities of single products."""
        expected = self.elasticity[products]
        knots = np.array([_knots(column, e, KNOTS) for column, e in zip(draws.T, expected, strict=True)])
        amounts, gain = self._moves(products, np.ones_like(knots), knots)
        before = self.split.amounts[products, None]
        own = (products[:, None], self.value[products, None], knots)
        slope = self._turned(*own, amounts) - self._turned(*own, before)
        return _Curves(knots, gain, slope, np.abs(amounts - before))

    def _moves(self, products: Places, multiple: Array, elasticity: Array) -> tuple[Array, Array]:
        """Return what each product has in the best split, and what that gains, at these returns; shape (N, K) each.

        The gain is that over the split that is best for what is expected, at the same return.
        """
        each = np.repeat(products, multiple.shape[1])
        value, e = self.value[each], self.elasticity[each]
        own_value, own_e = value * multiple.ravel(), elasticity.ravel()
        own, expected = self._demand(each, own_value, own_e), self._demand(each, value, e)
        have = self.split.amounts[each]
        table = self._table(own, have)
        to_split = float(self.split.amounts[self.free].sum())

        # At today's price the others take what they have; at the edge the product itself does. The price lies between.
        lower, upper = np.minimum(table.today, table.edge), np.maximum(table.today, table.edge)
        for _ in range(HALVINGS):
            price = (lower + upper) / 2
            is_over = table.amounts(price) - _taken(expected, price) + _taken(own, price) > to_split
            lower, upper = np.where(is_over, price, lower), np.where(is_over, upper, price)
        price = (lower + upper) / 2
        amounts, left_out = _taken(own, price), _taken(expected, price)
        gain = self._returned(each, own_value, own_e, amounts) - self._returned(each, own_value, own_e, have)
        gain += table.gains(price)
        gain -= self._returned(each, value, e, left_out) - self._returned(each, value, e, have)
        # What is read off the table adds up to a little more or less than there is; that much goes at the price.
        gain += np.exp(price) * (to_split - (table.amounts(price) - left_out + amounts))
        return amounts.reshape(multiple.shape), np.maximum(gain, 0.0).reshape(multiple.shape)

    def _table(self, own: Demand, have: Array) -> _Table:
        """Return the table, as far as these returns of what each product has may move the price."""
        today = float(np.log(self.split.shadow_prices.budget))
        with np.errstate(divide="ignore"):
            edge = np.clip(np.log(own.marginals(have)), today - FARTHEST, today + FARTHEST)
        return _Table(self._demand(self.free, self.value[self.free], self.elasticity[self.free]), today, edge)

    def _demand(self, places: Places, value: Array, elasticity: Array) -> Demand:
        low = self.floor[places]
        cap = np.minimum(self.ceiling[places], np.maximum(self.split.amounts[self.free].sum(), low))
        return Demand(self.current[places], value, elasticity, low, cap)

    def _returned(self, places: Places, value: Array, elasticity: Array, amounts: Array) -> Array:
        """Return the value that products with these returns have at these amounts."""
        return value * (amounts / self.current[places]) ** elasticity

    def _turned(self, places: Places, value: Array, elasticity: Array, amounts: Array) -> Array:
        """Return how fast that grows with the elasticity."""
        ratio = amounts / self.current[places]
        return value * ratio**elasticity * np.log(np.where(ratio > 0, ratio, 1.0))


class _Table:
    """What all products take at each price of money, and what they return for it, beside today's.

    Between the prices of the table it is read from cubics with the right slopes.
    """

    def __init__(self, demand: Demand, today: float, edge: Array):
        self.today, self.edge = today, edge
        reach = max(float(np.abs(edge - today).max(initial=0.0)), NEAR) + NEAR
        count = PRICES // 2
        # Steps of NEAR at today's price that grow in proportion to the distance: sinh.
        steepness = _steepness(reach / (count * NEAR))
        half = reach * np.sinh(steepness * np.arange(1, count + 1) / count) / np.sinh(steepness)
        self.price = today + np.concatenate([-half[::-1], [0.0], half])
        money, slope = np.empty(self.price.size), np.empty(self.price.size)
        worth, rise = np.empty(self.price.size), np.empty(self.price.size)
        now = _taken(demand, np.full(demand.low.size, today))
        value = np.exp(demand.log_marginal + demand.log_current) / demand.elasticity
        width = max(1, BLOCK // max(demand.low.size, 1))
        for start in range(0, self.price.size, width):
            part = slice(start, start + width)
            raw = demand.at(self.price[part, None])
            taken = np.minimum(np.maximum(raw, demand.low), demand.cap)
            moving = np.where(raw == taken, taken * demand.slope, 0.0).sum(axis=1)
            money[part], slope[part] = taken.sum(axis=1), -moving
            with np.errstate(divide="ignore", invalid="ignore"):
                before = np.exp(demand.elasticity * (np.log(now) - demand.log_current))
                after = np.exp(demand.elasticity * (np.log(taken) - demand.log_current))
            worth[part], rise[part] = (value * (after - before)).sum(axis=1), -moving * np.exp(self.price[part])
        self._money, self._worth = (money, slope), (worth, rise)

    def amounts(self, price: Array) -> Array:
        """Return the money that all products take at these prices."""
        return _between(self.price, *self._money, price)

    def gains(self, price: Array) -> Array:
        """Return by how much more they return for it than at today's price."""
        return _between(self.price, *self._worth, price)


def _steepness(ratio: float) -> float:
    """Return b with sinh(b) / b = ratio, at least 1e-3."""
    low, high = 1e-3, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sinh(middle) / middle < ratio else (low, middle)
    return high


def _taken(demand: Demand, price: Array) -> Array:
    return np.minimum(np.maximum(demand.at(price), demand.low), demand.cap)


def _knots(draws: Array, expected: float, count: int, *, is_log: bool = False) -> Array:
    """Return values of an unknown from its least draw to its largest, and the expected one, in order, `count` + 1.

    At quantiles that are closer together towards the ends, or evenly in the logarithm, where all but the first are at
    least a thousandth of the largest.
    """
    if is_log:
        top = max(float(draws.max()), expected)
        least = max(min(float(draws.min()), expected), 1e-3 * top)
        knots = np.geomspace(least, top, count)
        knots[0], knots[-1] = least, top
        if draws.min() < least:
            knots[0] = NOTHING  # and from there on down no money moves any more
    else:
        knots = np.quantile(draws, (1 - np.cos(np.pi * np.arange(count) / (count - 1))) / 2)
    return np.sort(np.append(knots, expected))


def _between(knots: Array, level: Array, slope: Array, at: Array) -> Array:
    """Return the cubic Hermite interpolant with these levels and slopes; a straight line beyond the ends."""
    place = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, knots.size - 2)
    left, step = knots[place], knots[place + 1] - knots[place]
    t = (at - left) / step
    inside = np.clip(t, 0.0, 1.0)
    beyond = (t - inside) * step
    low, high = level[place], level[place + 1]
    low_slope, high_slope = slope[place] * step, slope[place + 1] * step
    bend, lift = low_slope - (high - low), (high - low) - high_slope
    # low + (high - low) t, and the two cubics that turn its ends.
    found = low + (high - low) * inside + inside * (1 - inside) * (bend * (1 - inside) + lift * inside)
    return found + np.where(beyond == 0, 0.0, beyond * np.where(beyond < 0, slope[place], slope[place + 1]))


def _curves(knots: Array, rows: list[tuple[float, float, float]]) -> _Curves:
    gain, slope, moved = (np.array([column]) for column in zip(*rows, strict=True))
    return _Curves(knots[None, :], np.maximum(gain, 0.0), slope, moved)


def _keep(into: Information, places: Any, curves: _Curves, draws: Array, budget: float) -> None:
    """Average the curves over the draws, shape (D, N), and keep the figures at these places."""
    for n, place in enumerate(places):
        at, first = np.unique(curves.at[n], return_index=True)
        if at.size < 2:
            continue  # it is known already
        drawn = np.sort(draws[:, n])
        gain = _between(at, curves.gain[n, first], curves.slope[n, first], drawn)
        moved = np.interp(drawn, at, curves.moved[n, first])
        into.value[place] = max(float(gain.mean()), 0.0)
        into.probability[place] = float((moved > MATERIAL * abs(budget)).mean())
        into.moved[place] = float(moved.mean())


def _draws(name: str, draws: ArrayLike) -> Array:
    array = np.asarray(draws, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] == 0:
        raise EngineError(f"Draws of {name} have shape {array.shape}; (D, N) with at least one draw is needed.")
    if name == "worth" and not np.isfinite(array).all():
        raise EngineError("Draws of worth must be finite numbers.")
    return array


def _entries(share: Any, shape: tuple[int, int]) -> list[tuple[Places, Array]]:
    """Return, of each metric, the products it counts in, and how much."""
    from scipy.sparse import csr_array

    rows = csr_array(share, dtype=np.float64)
    if rows.shape != shape:
        raise EngineError(f"share has shape {rows.shape}; metrics and products are {shape}.")
    if not np.isfinite(rows.data).all():
        raise EngineError("Shares of metrics in products must be finite numbers.")
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return [
        (rows.indices[start:stop].astype(np.intp), rows.data[start:stop])
        for start, stop in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    ]
