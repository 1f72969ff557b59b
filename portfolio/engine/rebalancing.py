"""The best split of money over products: exact, under floors, ceilings and bounds on nested groups.

The value of product p at spend x is `K (x / x0)^e` (see `response`). Its marginal return falls as x grows, so the best
split has one price of money: every product gets money until its next dollar returns no more than that price, or until
it meets a bound. Where a group is held to its bounds, what is inside has a price of its own: higher where the group may
not have more, lower where it must not have less. The price of the whole is found first, from sums that respect the
bounds of everything inside; then those of the groups that are held, from the outermost in.

Nothing is taken on trust: the prices found are multipliers of a dual problem, whose value no split can exceed, and the
distance to it, the duality gap, is worked out and handed back (Boyd & Vandenberghe 2004, Convex Optimization, chapter
5). It holds for the sums as they were reached: the budget and the groups' bounds are kept to 1e-12 of them.

Source: for the method, Patriksson (2008), A survey on the continuous nonlinear resource allocation problem, European
Journal of Operational Research 185(1), section 2; Hochbaum (1994), Lower and upper bounds for the allocation problem
and other nonlinear optimization problems, Mathematics of Operations Research 19(2), for nested groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .demand import TINY, Demand
from .errors import RebalancingError, in_words
from .response import has_basis, responses
from .rules import ROUNDING, Group, Infeasible, Rule, Tree

__all__ = ["Group", "Infeasible", "Rule", "ShadowPrices", "Split", "best_split"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

MOST_GAP = 1e-9  # of the value
MOST_TURNS = 300  # in search of a price; some ten are the rule
SUM_TOLERANCE = 4 * float(np.finfo(np.float64).eps)
EDGE = 1e-9  # how far a bracket is set beyond what bounds the price


@dataclass(frozen=True)
class ShadowPrices:
    """What one more unit of money of slack in a rule would gain, in value per unit; 0 where it does not bind.

    Attributes
    ----------
    budget : float
        The common marginal return: what one more unit of budget would bring.
    floor, ceiling : ndarray, shape (P,)
        What lowering a product's floor, or raising its ceiling, by one unit would gain. 0 without a basis.
    least, most : ndarray, shape (G,)
        The same for the bounds of each group, in the order the groups were given.
    """

    budget: float
    floor: Array
    ceiling: Array
    least: Array
    most: Array


@dataclass(frozen=True)
class Split:
    """The best split of a budget over P products.

    Attributes
    ----------
    amounts : ndarray, shape (P,)
        Money for each product; sums to the budget.
    value : float
        The value expected of it, over all products.
    marginal : ndarray, shape (P,)
        What one more unit of money would bring at each product, in value per unit; NaN where there is no basis,
        infinite where a product has no money.
    shadow_prices : ShadowPrices
        What each rule that binds costs.
    gap : float
        The duality gap, in value: no split that keeps the rules has more than `value + gap`. At most 1e-9 of the value.
        With surcharges that is said of the value less what they take.
    has_basis : ndarray of bool, shape (P,)
        False for products that keep their money because nothing can be said about them at another spend.
    """

    amounts: Array
    value: float
    marginal: Array
    shadow_prices: ShadowPrices
    gap: float
    has_basis: Flags


def best_split(
    current: ArrayLike,
    value: ArrayLike,
    elasticity: ArrayLike,
    floor: ArrayLike,
    ceiling: ArrayLike,
    budget: float,
    groups: Sequence[Group] | None = None,
    *,
    price: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> Split:
    """Return the split of `budget` that has the highest expected value under all rules.

    Maximises `sum_p value[p] (x[p] / current[p])^elasticity[p]` over `sum(x) = budget`, `floor <= x <= ceiling`, and
    `least <= sum of x over members <= most` for each group. Exact: the duality gap is at most 1e-9 of the value.

    A product whose elasticity is NaN, or whose value or current spend is not above 0, has no basis: it keeps its money,
    whatever its floor and ceiling, and counts in the budget and in its groups.

    Parameters
    ----------
    current : array_like, shape (P,)
        Spend today, in the currency and for the length of time of the budget.
    value : array_like, shape (P,)
        The value that it returns in that time: credited value.
    elasticity : array_like, shape (P,)
        Between 0 and 1; NaN where none is known.
    floor, ceiling : array_like, shape (P,) or a number
        Bounds of each product's money; floors are at least 0, ceilings may be infinite.
    budget : float
        What there is to split, all of it.
    groups : sequence of Group, optional
        Nested or disjoint.
    price : array_like, shape (P,), optional
        A surcharge for each unit of money of a product, taken from what is maximised but not from `Split.value`: the
        multipliers of rules that cross the groups.
    names : sequence of str, optional
        The products' names, for messages.

    Raises
    ------
    Infeasible
        No split keeps all rules; it names rules that conflict.
    RebalancingError
        Groups that cross, bounds that are no numbers, or a gap that cannot be closed.
    EngineError
        Spend, values or elasticities that mean nothing.
    """
    problem = _Problem(current, value, elasticity, floor, ceiling, budget, groups or (), price, names)
    return problem.solve()


class _Problem:
    """One split to find. Products that can move are `free`; arrays of theirs alone are those of `Demand`."""

    def __init__(
        self,
        current: ArrayLike,
        value: ArrayLike,
        elasticity: ArrayLike,
        floor: ArrayLike,
        ceiling: ArrayLike,
        budget: float,
        groups: Sequence[Group],
        price: ArrayLike | None,
        names: Sequence[str] | None,
    ):
        self.current, self.value, self.elasticity = (
            np.asarray(figures, dtype=np.float64) for figures in (current, value, elasticity)
        )
        size = self.current.size
        for name, figures in (("value", self.value), ("elasticity", self.elasticity), ("current", self.current)):
            if figures.shape != (size,):
                raise RebalancingError(
                    f"current spend has shape {self.current.shape} and {name} {figures.shape}: "
                    "one figure for each product, shape (P,), is needed in both."
                )
        self.basis = has_basis(self.current, self.value, self.elasticity)
        floors, ceilings = _bounds(floor, "floor", size), _bounds(ceiling, "ceiling", size)
        if not np.isfinite(budget):
            raise RebalancingError(f"The budget is {budget}; a finite amount of money is needed.")
        _refuse(self.basis & ~((floors >= 0) & (floors < np.inf)), "floor", "is no finite amount of 0 or more")
        _refuse(self.basis & ~(ceilings >= 0), "ceiling", "is no amount of 0 or more")
        self.low = np.where(self.basis, floors, self.current)
        self.high = np.where(self.basis, ceilings, self.current)
        self.surcharge: Array | None = None
        if price is not None:
            self.surcharge = np.broadcast_to(np.asarray(price, dtype=np.float64), (size,))
            _refuse(~np.isfinite(self.surcharge), "surcharge", "is not a finite number")
        self.tree = Tree(groups, size, float(budget))
        self.bottom, self.top = self.tree.limits(self.low, self.high, ~self.basis, names)
        self.budget = float(budget)

        # No product can have more than what the floors of all others leave of the budget, here with room to spare.
        room = max(self.budget - float(self.low.sum()), 0.0) + ROUNDING * float(np.abs(self.low).sum())
        self.cap = np.minimum(self.high, self.low + 2 * room)
        self.free = np.flatnonzero(self.basis & (self.cap > self.low))
        self.demand = self._demand(self.free)
        is_fixed = np.ones(size, dtype=bool)
        is_fixed[self.free] = False
        self.amounts = np.where(is_fixed, self.low, 0.0)
        self.fixed = np.bincount(self.tree.home, weights=self.amounts, minlength=self.tree.size).astype(np.float64)

    def _demand(self, places: Places) -> Demand:
        return Demand(
            self.current[places],
            self.value[places],
            self.elasticity[places],
            self.low[places],
            self.cap[places],
            None if self.surcharge is None else self.surcharge[places],
        )

    def solve(self) -> Split:
        at = self._prices()
        amounts = self.amounts
        amounts[self.free] = self.demand.amounts
        marginal = np.full(amounts.size, np.nan)
        known = np.flatnonzero(self.basis)
        demand = self.demand if known.size == self.free.size else self._demand(known)
        marginal[known] = demand.marginals(amounts[known])
        # Where an amount is too small for a float, its marginal return is the price it was found at.
        is_lost = (self.demand.amounts < TINY) & (self.demand.low < TINY) & (at < np.inf)
        marginal[self.free[is_lost]] = self.demand.as_return(at)[is_lost]

        net = marginal if self.surcharge is None else marginal - self.surcharge
        price = self._canonical(net, amounts, is_lost)
        own = price[self.tree.home]
        with np.errstate(invalid="ignore"):
            missing = np.nan_to_num(own - net, nan=0.0, posinf=np.inf, neginf=-np.inf)
        floor_price = np.where(self.basis & (amounts <= self.low), np.maximum(missing, 0.0), 0.0)
        ceiling_price = np.where(self.basis & (amounts >= self.high), np.maximum(-missing, 0.0), 0.0)
        held = _difference(price, price[self.tree.parent])
        least, most = np.zeros(self.tree.size - 1), np.zeros(self.tree.size - 1)
        least[self.tree.group[1:]] = np.maximum(-held[1:], 0.0)
        most[self.tree.group[1:]] = np.maximum(held[1:], 0.0)

        found = responses(self.current, self.value, self.elasticity, np.where(self.basis, amounts, 0.0))
        total = float(found.sum())
        gap = self._gap(known, demand, amounts, found, price, held)
        size = float(np.abs(found).sum())
        if not gap <= MOST_GAP * size:
            raise RebalancingError(
                f"The best split was found to {gap:.3g} of value only, more than {MOST_GAP:.0e} of its {total:.6g}. "
                "Spend, bounds and budget lie too many digits apart: split products of a like size together."
            )
        return Split(
            amounts=amounts,
            value=total,
            marginal=marginal,
            shadow_prices=ShadowPrices(
                budget=float(price[0]), floor=floor_price, ceiling=ceiling_price, least=least, most=most
            ),
            gap=gap,
            has_basis=self.basis,
        )

    # -- the price of each product's money, and the money that goes with it ------------------------------------

    def _prices(self) -> Array:
        """Fill in the amounts of the free products; return the price coordinate (see `Demand`) each was found at."""
        tree, demand = self.tree, self.demand
        self.is_least, self.is_most = np.zeros(tree.size, dtype=bool), np.zeros(tree.size, dtype=bool)
        if not self.free.size:
            return np.empty(0)
        home = tree.home[self.free]
        at = np.empty(self.free.size)
        governor = np.zeros(self.free.size, dtype=np.intp)  # the node whose price a product has
        found: list[tuple[Places, Array]] = []
        for depth, level in enumerate(tree.levels):
            if depth == 0:
                nodes, target = level, np.array([self.budget])
                self.is_least[0] = self.is_most[0] = True
            else:
                total = self._sums(at, demand, home)[0]
                room = ROUNDING * np.abs(total[level])
                is_under, is_over = total[level] < tree.least[level] - room, total[level] > tree.most[level] + room
                nodes = level[is_under | is_over]
                target = np.where(is_over, tree.most[level], tree.least[level])[is_under | is_over]
                self.is_least[nodes] = target <= tree.least[nodes]
                self.is_most[nodes] = target >= tree.most[nodes]
            if not nodes.size:
                continue
            above = self._ancestors(home, depth)  # of each free product, at the level being looked at
            place = np.full(tree.size, -1, dtype=np.intp)
            place[nodes] = np.arange(nodes.size)
            inside = np.flatnonzero(place[above] >= 0)
            at[inside] = self._search(nodes, target, inside, place[above[inside]], at[inside] if depth else None)
            governor[inside] = nodes[place[above[inside]]]
            found.append((nodes, target))
        demand.amounts = np.clip(demand.at(at), demand.low, demand.cap)
        self._round_off(found, governor, demand.speed(at))
        return at

    def _ancestors(self, home: Places, depth: int) -> Places:
        """Return the ancestor of each node at a depth, or the node itself where it lies no deeper."""
        above = np.arange(self.tree.size)
        for level in self.tree.levels[depth + 1 :]:
            above[level] = above[self.tree.parent[level]]
        return above[home]

    def _sums(self, at: Array, demand: Demand, home: Places) -> tuple[Array, Array, Array]:
        """Return, of each node at these prices: its money, the part of it that moves with the price, and how fast.

        Nodes inside are kept within their bounds. How fast: the sum of amount times -d log(amount) / d price.
        """
        tree = self.tree
        raw = demand.at(at)
        amounts = np.minimum(np.maximum(raw, demand.low), demand.cap)
        moving = amounts * (amounts == raw)
        if tree.size == 1:
            speeds = np.array([(moving * demand.speed(at)).sum()])
            return self.fixed + amounts.sum(), np.array([moving.sum()]), speeds
        total = self.fixed + np.bincount(home, weights=amounts, minlength=tree.size).astype(np.float64)
        moves = np.bincount(home, weights=moving, minlength=tree.size).astype(np.float64)
        speed = np.bincount(home, weights=moving * demand.speed(at), minlength=tree.size).astype(np.float64)
        for level in reversed(tree.levels[1:]):
            kept = np.minimum(np.maximum(total[level], tree.least[level]), tree.most[level])
            is_inner = kept == total[level]
            parent = tree.parent[level]
            total += np.bincount(parent, weights=kept, minlength=tree.size)
            moves += np.bincount(parent, weights=moves[level] * is_inner, minlength=tree.size)
            speed += np.bincount(parent, weights=speed[level] * is_inner, minlength=tree.size)
        return total, moves, speed

    def _search(self, nodes: Places, target: Array, inside: Places, of: Places, start: Array | None) -> Array:
        """Return the price of each product `inside` at which the money of its node, `nodes[of]`, is the target.

        Newton's method with the products that have met a bound held there, within a bracket that bisection shrinks
        where Newton does not get on.
        """
        demand, home = self.demand.part(inside), self.tree.home[self.free[inside]]
        # With all money at the floors, or at the ceilings, there is nothing to search.
        bottom, top = self.bottom[nodes], self.top[nodes]
        is_low = target <= bottom + ROUNDING * np.maximum(np.abs(target), np.abs(bottom))
        is_high = target >= top - ROUNDING * np.abs(target)
        count = np.bincount(of, minlength=nodes.size)
        share = np.where(is_low | is_high, 1.0, (target - bottom) / np.maximum(count, 1))
        floor_at, cap_at = demand.bracket(demand.low + share[of])
        lower, upper = np.full(nodes.size, np.inf), np.full(nodes.size, -np.inf)
        np.minimum.at(lower, of, cap_at)
        np.maximum.at(upper, of, floor_at)
        is_done = is_low | is_high | (count == 0)
        ends = np.where(is_low, np.inf, -np.inf)
        lower, upper = np.where(is_done, ends, lower), np.where(is_done, ends, upper)
        margin = np.where(is_done, 0.0, EDGE * (1 + np.maximum(np.abs(lower), np.abs(upper))))
        lower, upper = lower - margin, upper + margin

        first = demand.typical() if start is None else start
        at = np.bincount(of, weights=np.nan_to_num(first), minlength=nodes.size) / np.maximum(count, 1)
        at = np.where(is_done, lower, np.minimum(np.maximum(at, lower), upper))
        before = np.full(nodes.size, np.inf)
        for _ in range(MOST_TURNS):
            if is_done.all():
                break
            sums, moves, speed = (figures[nodes] for figures in self._sums(at[of], demand, home))
            off = sums - target
            is_over = off > 0
            lower, upper = np.where(is_over & ~is_done, at, lower), np.where(is_over | is_done, upper, at)
            with np.errstate(all="ignore"):  # of nodes that are done, prices may be infinite
                is_done |= np.abs(off) <= SUM_TOLERANCE * np.abs(target)
                is_done |= upper - lower <= SUM_TOLERANCE * np.maximum(np.abs(upper), np.abs(lower))
                step = demand.step(moves, speed, moves - off)
                next_at = at + step
                is_bad = ~((next_at > lower) & (next_at < upper)) | (np.abs(off) > before / 2)
                middle = lower / 2 + upper / 2
            before = np.where(is_bad, np.inf, np.abs(off))
            at = np.where(is_done, at, np.where(is_bad, middle, next_at))
        return at[of]

    def _round_off(self, found: list[tuple[Places, Array]], governor: Places, speed: Array) -> None:
        """Share out what rounding left of each target among the products that its price moves, innermost first."""
        demand = self.demand
        most = 1e-6 if self.surcharge is None else 0.5  # beside a surcharge a price has fewer digits
        for nodes, target in reversed(found):
            amounts = self.amounts.copy()
            amounts[self.free] = demand.amounts
            left = np.zeros(self.tree.size)
            left[nodes] = target - self.tree.totals(amounts)[nodes]
            is_moving = np.isin(governor, nodes) & (demand.amounts > demand.low) & (demand.amounts < demand.cap)
            rate = np.where(is_moving, speed, 0.0)
            weight = demand.amounts * rate
            whole = np.bincount(governor, weights=weight, minlength=self.tree.size)
            part = np.divide(left, whole, out=np.zeros_like(left), where=whole > 0)
            change = np.clip(rate * part[governor], -most, most)
            demand.amounts = np.clip(demand.amounts * (1 + change), demand.low, demand.cap)

    # -- prices from amounts, and the certificate ---------------------------------------------------------------

    def _canonical(self, net: Array, amounts: Array, is_lost: Flags) -> Array:
        """Return the price of each node, shape (N,): what one more unit in it would bring.

        From the inside out, what one more unit would bring at most (of those that may have more), and what one unit
        less would cost at least; the price lies between. From the outside in, a node has its parent's price, unless
        its own bounds keep it from that.
        """
        tree = self.tree
        up, down = np.full(tree.size, -np.inf), np.full(tree.size, np.inf)
        may_grow = self.basis & (amounts < self.high)
        may_shrink = self.basis & (amounts > self.low)
        may_shrink[self.free[is_lost]] = True
        np.maximum.at(up, tree.home[may_grow], net[may_grow])
        np.minimum.at(down, tree.home[may_shrink], net[may_shrink])
        for level in reversed(tree.levels[1:]):
            growing, shrinking = level[~self.is_most[level]], level[~self.is_least[level]]
            np.maximum.at(up, tree.parent[growing], up[growing])
            np.minimum.at(down, tree.parent[shrinking], down[shrinking])
        price = np.zeros(tree.size)
        price[0] = up[0] if up[0] > -np.inf else down[0] if down[0] < np.inf else 0.0
        for level in tree.levels[1:]:
            parents = price[tree.parent[level]]
            own = np.minimum(np.maximum(parents, up[level]), np.maximum(down[level], up[level]))
            # Dearer only where it is held to its most, cheaper only where it is held to its least.
            own = np.where(self.is_most[level], own, np.minimum(own, parents))
            price[level] = np.where(self.is_least[level], own, np.maximum(own, parents))
        return price

    def _gap(self, known: Places, demand: Demand, amounts: Array, found: Array, price: Array, held: Array) -> float:
        """Return by how much the dual value at these prices exceeds the value, each term of which is at least 0.

        The dual value is `price[0] budget + sum over nodes of held least or most + sum over products of the most of
        f(x) - price x`; the difference is taken product by product and node by node, so that nothing cancels.
        """
        tree = self.tree
        cost = price[tree.home[known]] if self.surcharge is None else price[tree.home[known]] + self.surcharge[known]
        with np.errstate(all="ignore"):
            best = np.clip(demand.at(demand.as_coordinate(cost)), demand.low, demand.cap)
            have, value = amounts[known], found[known]
            change = np.log(best / have)
            gained = value * np.expm1(self.elasticity[known] * change) - cost * have * np.expm1(change)
            bare = np.flatnonzero((have <= 0) | (best <= 0))  # of nothing, or to nothing, there is no proportion
            at = known[bare]
            there = responses(self.current[at], self.value[at], self.elasticity[at], best[bare])
            gained[bare] = there - value[bare] - cost[bare] * (best[bare] - have[bare])
        gained = np.where(best == have, 0.0, gained)
        total = tree.totals(amounts)
        held = np.where(self.tree.depth == 0, price, held)
        room = np.where(held > 0, tree.most - total, np.where(held < 0, total - tree.least, 0.0))
        room[np.abs(room) <= ROUNDING * tree.totals(np.abs(amounts))] = 0.0  # as the sums are kept to
        return max(float(gained.sum() + _product(np.abs(held), room).sum()), 0.0)


def _bounds(bound: ArrayLike, name: str, size: int) -> Array:
    try:
        return np.broadcast_to(np.asarray(bound, dtype=np.float64), (size,))
    except ValueError:
        raise RebalancingError(
            f"The {name} has shape {np.shape(bound)}, but there are {size} products: shape ({size},) is needed."
        ) from None


def _refuse(is_wrong: Flags, name: str, what: str) -> None:
    if is_wrong.any():
        raise RebalancingError(
            f"The {name} of products {in_words(np.flatnonzero(is_wrong))} {what}. Leave out or mend those figures."
        )


def _difference(one: Array, other: Array) -> Array:
    """Return one - other, where infinity less infinity is nothing."""
    return np.subtract(one, other, out=np.zeros_like(one), where=one != other)


def _product(price: Array, money: Array) -> Array:
    """Return price times money, where no money costs nothing at any price."""
    return np.multiply(price, money, out=np.zeros_like(price), where=money != 0)
