"""The best split under rules that cross: a stage's most beside a category's least, both across value streams.

Such a rule becomes a surcharge on its members' money, positive where it holds them to its most and negative where it
holds them to its least, and the split under these surcharges keeps all other rules. The surcharges are searched for one
after the other, roughly, and then all at once, over and over, until each rule is kept, or has none and is slack: cyclic
descent and Newton's method on the dual problem, which is convex and, since every product's return falls strictly,
smooth (Bertsekas 2016, Nonlinear Programming, 3rd ed., sections 6.1 and 7.1). What is left of the duality gap is worked
out and handed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import RebalancingError
from .rebalancing import Split, best_split
from .response import has_basis
from .rules import Group

Array = NDArray[np.float64]

MOST_GAP = 1e-6  # of the value
KEPT = 1e-9  # how far the money of a rule may be off, relative to the budget
MOST_ROUNDS = 100
ROUGH_ROUNDS = 10  # until all surcharges at once are refined in vain that often
ROUGH, FINE = 1e-3, 1e-13  # of a surcharge searched for by itself
MOST_STEPS = 12
MOST_DOUBLINGS = 100


@dataclass(frozen=True)
class CrossingSplit:
    """The best split under rules that cross.

    Attributes
    ----------
    split : Split
        With the duality gap over all rules, those that cross included: at most 1e-6 of the value.
    least, most : ndarray, shape (K,)
        Shadow prices of the rules that cross, in the order they were given.
    """

    split: Split
    least: Array
    most: Array


def best_split_crossing(
    current: ArrayLike,
    value: ArrayLike,
    elasticity: ArrayLike,
    floor: ArrayLike,
    ceiling: ArrayLike,
    budget: float,
    groups: Sequence[Group] | None = None,
    *,
    crossing: Sequence[Group],
    names: Sequence[str] | None = None,
) -> CrossingSplit:
    """Return the best split under bounds, groups, and rules that may cross these and each other.

    Everything but `crossing` is as for `best_split`, and as exact; rules that cross are kept to 1e-9 of the budget, and
    the duality gap is at most 1e-6 of the value. It takes some dozens of splits for each such rule.

    Raises Infeasible where the other rules alone cannot be kept, and RebalancingError where they can, but not together
    with `crossing`, of which it names those in conflict; or where the gap cannot be closed.
    """
    search = _Search((current, value, elasticity, floor, ceiling, budget, groups), crossing, names)
    if all(search.is_kept(k) for k in range(len(crossing))):
        return search.found()
    search.refuse_conflicts()
    for count in range(MOST_ROUNDS):
        for k in range(len(crossing)):
            search.turn(k, within=ROUGH if count < ROUGH_ROUNDS else FINE)
        search.refine()
        if search.is_done():
            return search.found()
    raise RebalancingError(
        f"The best split under the rules {', '.join(rule.name for rule in crossing)} was found to "
        f"{search.gap():.3g} of value only, more than {MOST_GAP:.0e} of its {search.split.value:.6g}. "
        "Leave out one of those that cross, or nest it."
    )


class _Search:
    """Surcharges, one for each rule that crosses, and the best split under them."""

    def __init__(
        self,
        asked: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike, ArrayLike, float, Sequence[Group] | None],
        crossing: Sequence[Group],
        names: Sequence[str] | None,
    ):
        self.asked, self.crossing, self.names = asked, crossing, names
        self.size, self.budget = int(np.size(asked[0])), float(asked[5])
        # Checks of members and bounds are those of groups; each is one by itself.
        for rule in crossing:
            best_split(*asked[:6], [Group(rule.name, rule.members, rule.least, rule.most)], names=names)
        self.rows = np.zeros((len(crossing), self.size))
        for row, rule in zip(self.rows, crossing, strict=True):
            row[np.asarray(rule.members, dtype=np.intp)] = 1.0
        self.surcharges = np.zeros(len(crossing))
        self.split = best_split(*asked, names=names)

    def money(self, k: int) -> float:
        return float(self.rows[k] @ self.split.amounts)

    def is_kept(self, k: int) -> bool:
        room = KEPT * abs(self.budget)
        return self.crossing[k].least - room <= self.money(k) <= self.crossing[k].most + room

    def slack(self, k: int) -> float:
        """Return what the rule's surcharge takes from the dual value without need."""
        surcharge, rule = float(self.surcharges[k]), self.crossing[k]
        if surcharge == 0:
            return 0.0
        return abs(surcharge * (self.money(k) - (rule.most if surcharge > 0 else rule.least)))

    def gap(self) -> float:
        return self.split.gap + sum(self.slack(k) for k in range(len(self.crossing)))

    def is_done(self) -> bool:
        is_kept = all(self.is_kept(k) for k in range(len(self.crossing)))
        return is_kept and self.gap() <= MOST_GAP * abs(self.split.value)

    def found(self) -> CrossingSplit:
        return CrossingSplit(
            split=replace(self.split, gap=self.gap()),
            least=np.maximum(-self.surcharges, 0.0),
            most=np.maximum(self.surcharges, 0.0),
        )

    def turn(self, k: int, within: float) -> None:
        """Set the surcharge of one rule so that it is kept, and to nothing where it is kept without."""
        from scipy.optimize import brentq

        rule, before = self.crossing[k], float(self.surcharges[k])
        if before == 0 and self.is_kept(k):
            return
        without = self._at(k, 0.0)
        if rule.least <= without <= rule.most:
            return
        sign, target = (1.0, rule.most) if without > rule.most else (-1.0, rule.least)

        def off(surcharge: float) -> float:
            return sign * (self._at(k, sign * surcharge) - target)

        near, far = 0.0, sign * before if sign * before > 0 else self._typical()
        for _ in range(MOST_DOUBLINGS):
            if off(far) <= 0:
                break
            near, far = far, 2 * far
        else:
            raise RebalancingError(
                f"No surcharge makes the rule {rule.name} be kept beside the others. Loosen it, or one of those."
            )
        best = far if near == far else float(brentq(off, near, far, xtol=within * far, rtol=within))
        self._at(k, sign * best)

    def refine(self) -> None:
        """Move all surcharges that there are at once, by Newton's method, while that brings the rules nearer."""
        active = np.flatnonzero(self.surcharges)
        targets = np.array([r.most if s > 0 else r.least for r, s in zip(self.crossing, self.surcharges, strict=True)])
        off = (self.rows @ self.split.amounts - targets)[active]
        for _ in range(MOST_STEPS):
            if not np.abs(off).max(initial=0.0) > KEPT / 100 * abs(self.budget):
                return
            before, split = self.surcharges.copy(), self.split
            step = np.linalg.lstsq(self._speeds(active), off, rcond=1e-12)[0]
            self.surcharges[active] += step
            is_through = (np.sign(self.surcharges) == np.sign(before)).all()
            if is_through:
                self._solve()
                closer = (self.rows @ self.split.amounts - targets)[active]
            if not is_through or not np.abs(closer).max() < 0.9 * np.abs(off).max():
                self.surcharges, self.split = before, split
                return
            off = closer

    def _speeds(self, active: NDArray[np.intp]) -> Array:
        """Return how fast money leaves the members of each rule as the surcharges rise, shape (A, A).

        Products that share a price share what they lose: what is moved out of one goes to the others.
        """
        marginal, amounts = self.split.marginal, self.split.amounts
        floors, ceilings = self.split.shadow_prices.floor, self.split.shadow_prices.ceiling
        e = np.asarray(self.asked[2], dtype=np.float64)
        moves = np.flatnonzero(np.isfinite(marginal) & (floors == 0) & (ceilings == 0) & (amounts > 0))
        rate = amounts[moves] / (1 - e[moves]) / marginal[moves]
        members = self.rows[np.ix_(active, moves)]
        net = marginal[moves] - (self.surcharges @ self.rows)[moves]
        order = np.argsort(net)
        # The same price but for rounding.
        ends = np.flatnonzero(np.diff(net[order]) > 1e-9 * (np.abs(net[order][1:]) + marginal[moves][order][1:]))
        found = np.zeros((active.size, active.size))
        for together in np.split(order, ends + 1) if order.size else ():
            here, weight = members[:, together], rate[together]
            moved = here @ weight
            found += (here * weight) @ here.T - np.outer(moved, moved) / weight.sum()
        return found

    def _at(self, k: int, surcharge: float) -> float:
        """Return the money of a rule's members at another surcharge of it."""
        self.surcharges[k] = surcharge
        self._solve()
        return self.money(k)

    def _solve(self) -> None:
        price = self.surcharges @ self.rows
        self.split = best_split(*self.asked, price=price if price.any() else None, names=self.names)

    def _typical(self) -> float:
        """Return a tenth of what a unit of money returns here or there, to begin with."""
        known = self.split.marginal[np.isfinite(self.split.marginal)]
        return 0.1 * float(np.median(known)) if known.size else 1.0

    def refuse_conflicts(self) -> None:
        """Raise RebalancingError with rules that cross and cannot be kept together, if that is so.

        By linear programming; then rules are left out one by one, and those stay out without which there is still no
        split.
        """
        if self._can_be_kept(range(len(self.crossing))):
            return
        blamed = list(range(len(self.crossing)))
        for k in list(blamed):
            fewer = [other for other in blamed if other != k]
            if not self._can_be_kept(fewer):
                blamed = fewer
        listed = "; ".join(
            f"{self.crossing[k].name} from {self.crossing[k].least:,.10g} to {self.crossing[k].most:,.10g}"
            for k in blamed
        )
        raise RebalancingError(
            f"No split that keeps all floors, ceilings and groups keeps these rules as well: {listed}. "
            "Loosen one of them, or a bound that meets it."
        )

    def _can_be_kept(self, rules: Sequence[int]) -> bool:
        from scipy.optimize import linprog

        current, value, elasticity, floor, ceiling, budget, groups = self.asked
        basis = has_basis(current, value, elasticity)
        low, high = (np.where(basis, bound, current) for bound in (floor, ceiling))
        rows, tops = [], []
        kept = [(row, self.crossing[k]) for k, row in enumerate(self.rows) if k in rules]
        for group in groups or ():
            row = np.zeros(self.size)
            row[np.asarray(group.members, dtype=np.intp)] = 1.0
            kept.append((row, group))
        # In parts of the budget, and with the room that the search itself has.
        scale = abs(budget) or 1.0
        for row, rule in kept:
            if np.isfinite(rule.most):
                rows.append(row)
                tops.append(rule.most / scale + KEPT)
            rows.append(-row)
            tops.append(-rule.least / scale + KEPT)
        answer = linprog(
            np.zeros(self.size),
            A_ub=np.array(rows),
            b_ub=np.array(tops),
            A_eq=np.ones((1, self.size)),
            b_eq=[budget / scale],
            bounds=np.column_stack([low, high]) / scale,
            method="highs",
        )
        return bool(answer.status != 2)
