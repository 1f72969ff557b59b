"""What a split of money would do: to the whole, to each value stream, to each product and its neighbours.

A product's spend follows its money, and the value that its own dollars earn follows by its elasticity. Both travel the
network: suppliers that cost more make their consumers cost more, and what a supplier earns less its consumers'
customers get less. Figures are in the base currency, a month.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from portfolio.engine.effects import predict
from portfolio.engine.flows import trace
from portfolio.engine.gains import gains
from portfolio.engine.response import responses
from portfolio.engine.uncertainty import ends
from portfolio.rebalance.basis import DRAWS, Basis
from products.catalog.models import ValueStream

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Whole:
    """What a set of products comes to a month: money given, cost, credited value."""

    spend: float
    cost: float
    value: float

    @property
    def ratio(self) -> float | None:
        """Value per unit of cost; none where nothing is spent."""
        return self.value / self.cost if self.cost > 0 else None


@dataclass(frozen=True)
class Change:
    """The same before and after, of the whole or of a value stream with all below it."""

    before: Whole
    after: Whole
    value_stream: ValueStream | None = None

    @property
    def moved(self) -> float | None:
        """By how much the value per unit of cost moves."""
        if self.before.ratio is None or self.after.ratio is None:
            return None
        return self.after.ratio - self.before.ratio


@dataclass(frozen=True, eq=False)
class State:
    """Figures of products, (P,) each, before or after."""

    spend: Floats
    cost: Floats
    loaded: Floats
    own_value: Floats
    value: Floats  #: credited

    @property
    def ratio(self) -> Floats:
        """Credited value per unit of own cost; NaN where nothing is spent."""
        return np.divide(self.value, self.cost, out=np.full(len(self.cost), np.nan), where=self.cost > 0)


@dataclass(frozen=True, eq=False)
class Effects:
    """What a split would do, against leaving the money as it is."""

    basis: Basis
    before: State
    after: State
    low: float | None  #: of the value per unit of cost of the whole, after
    high: float | None
    low_before: float | None
    high_before: float | None
    gain_low: float
    gain_high: float
    probability: float  #: of being a gain at all, at the same total; 0.5 where nothing moves

    @cached_property
    def whole(self) -> Change:
        """Of everything."""
        return Change(_whole(self.before), _whole(self.after))

    @property
    def gain(self) -> float:
        """Expected value more a month than with the money as it is."""
        return self.whole.after.value - self.whole.before.value

    @property
    def is_tie(self) -> bool:
        """Whether it cannot be told apart from leaving the money as it is."""
        return self.gain_low <= 0 <= self.gain_high

    @cached_property
    def streams(self) -> list[Change]:
        """Of each value stream with all below it whose figures are there, in the order of the tree's names."""
        tree = {stream.pk: stream for stream in ValueStream.objects.order_by("name")}
        inside: dict[int, list[int]] = {}
        for place, row in enumerate(self.basis.rows):
            above: int | None = row.value_stream_id
            while above is not None:
                inside.setdefault(above, []).append(place)
                above = tree[above].parent_id
        return [
            Change(_whole(self.before, inside[key]), _whole(self.after, inside[key]), stream)
            for key, stream in tree.items()
            if key in inside
        ]

    def moved_most(self, count: int, *, but_for: NDArray[np.bool_] | None = None) -> list[int]:
        """Return the places of the products whose value per unit of cost moves most, largest first.

        Without those of `but_for`, (P,): the products whose own money is moved, say, which leaves their neighbours.
        """
        moved = np.nan_to_num(np.abs(self.after.ratio - self.before.ratio))
        if but_for is not None:
            moved[but_for] = 0.0
        order = np.argsort(-moved, kind="stable")[:count]
        return [int(place) for place in order if moved[place] > 1e-6]


def effects(basis: Basis, amounts: ArrayLike, *, draws: int = DRAWS) -> Effects:
    """Return what giving products these amounts a month would do; `amounts` in the base currency, shape (P,).

    A product without a basis keeps the value that its own dollars earn, whatever it is given: nothing is known to the
    contrary, and the pages say so. Raises EngineError for amounts that are negative or no numbers.
    """
    given = np.asarray(amounts, dtype=np.float64)
    has_spend = basis.spend > 0
    # What costs more than it is given, or less, goes on doing so in proportion; what had nothing costs what it gets.
    grown = np.divide(given, basis.spend, out=np.ones(len(given)), where=has_spend)
    known = np.where(basis.has_basis, basis.middle, np.nan)
    response = responses(np.where(has_spend, basis.spend, 1.0), np.ones(len(given)), known, given)
    response = np.where(basis.has_basis, response, 1.0)
    found = predict(basis.cost, basis.own_value, basis.shares, grown, response)
    cost = np.where(has_spend, found.direct_cost, basis.cost + given)
    flows = found.after if (has_spend | (given == 0)).all() else trace(cost, found.own_value, basis.shares)
    # The window's credited value is a sum of months; its network in one piece may put it a little differently, so it
    # is what changes that is taken from there.
    changed = flows.credited_value - found.before.credited_value
    before = State(basis.spend, basis.cost, found.before.loaded_cost, basis.own_value, basis.credited)
    after = State(given, cost, flows.loaded_cost, found.own_value, basis.credited + changed)

    values = basis.value_draws(draws)
    gained = gains(basis.spend, values, basis.elasticity_draws(draws), given[None]).draws[1]
    total = values.sum(axis=1)
    is_moved, has_range = bool((basis.has_basis & (given != basis.spend)).any()), bool(np.ptp(total) > 0)
    gain_low, gain_high = ends(gained[None].copy())[0].tolist()
    return Effects(
        basis=basis,
        before=before,
        after=after,
        **_range("low", "high", total + gained, cost.sum(), has_range or is_moved),
        **_range("low_before", "high_before", total, basis.cost.sum(), has_range),
        gain_low=gain_low,
        gain_high=gain_high,
        probability=float((gained > 0).mean()) if is_moved else 0.5,
    )


def _whole(state: State, places: list[int] | None = None) -> Whole:
    chosen = slice(None) if places is None else places
    return Whole(*(float(column[chosen].sum()) for column in (state.spend, state.cost, state.value)))


def _range(low: str, high: str, values: Floats, cost: float, has_range: bool) -> dict[str, float | None]:
    if not has_range or cost <= 0:
        return {low: None, high: None}
    bottom, top = ends(values[None].copy())[0] / cost
    return {low: float(bottom), high: float(top)}
