"""How much money products take at a price of money, each by its own marginal return."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.intp]

TINY = 1e-290  # amounts below are too coarse to take a marginal return from


class Demand:
    """How much money some products, with a basis each, take at a price.

    Its coordinate is the logarithm of the price, in which demand is `exp(a - s price)` with s = 1 / (1 - e); with
    surcharges it is the price itself, which may then be negative.
    """

    def __init__(
        self,
        current: Array,
        value: Array,
        elasticity: Array,
        low: Array,
        cap: Array,
        surcharge: Array | None = None,
    ):
        self.elasticity, self.low, self.cap, self.surcharge = elasticity, low, cap, surcharge
        self.slope = 1 / (1 - self.elasticity)
        self.log_current = np.log(current)
        self.log_marginal = np.log(value) + np.log(self.elasticity) - self.log_current  # at the current spend
        self.offset = self.log_current + self.slope * self.log_marginal
        self.amounts = self.low.copy()

    def part(self, places: Places | slice) -> Demand:
        """Return the demand of some of the products."""
        part = object.__new__(Demand)
        for name, figures in vars(self).items():
            setattr(part, name, None if figures is None else figures[places])
        return part

    def at(self, coordinate: Array) -> Array:
        """Return the money that each would take, with no regard to bounds."""
        with np.errstate(over="ignore"):
            return np.exp(self.offset - self.slope * self._log_price(coordinate))

    def speed(self, coordinate: Array) -> Array:
        """Return -d log(amount) / d coordinate."""
        if self.surcharge is None:
            return self.slope
        return self.slope / np.maximum(coordinate + self.surcharge, TINY)

    def step(self, moves: Array, speed: Array, wanted: Array) -> Array:
        """Return how far the coordinate must go for what moves to become what is wanted, by Newton's method."""
        if self.surcharge is None:
            return np.log(moves / wanted) * moves / speed
        return (moves - wanted) / speed

    def _log_price(self, coordinate: Array) -> Array:
        if self.surcharge is None:
            return coordinate
        return np.log(np.maximum(coordinate + self.surcharge, TINY))

    def marginals(self, amounts: Array) -> Array:
        """Return the marginal returns at these amounts."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.exp(self.log_marginal + (self.elasticity - 1) * (np.log(amounts) - self.log_current))

    def as_return(self, coordinate: Array) -> Array:
        """Return the marginal return at a coordinate."""
        return np.exp(self._log_price(coordinate))

    def as_coordinate(self, marginal: Array) -> Array:
        """Return the coordinate at which a product's marginal return is this; with surcharges, less its own."""
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(marginal, 0.0)) if self.surcharge is None else marginal - self.surcharge

    def bracket(self, small: Array) -> tuple[Array, Array]:
        """Return the coordinates at which each would have the amount `small`, and at which all that it may have."""
        return self.as_coordinate(self.marginals(small)), self.as_coordinate(self.marginals(self.cap))

    def typical(self) -> Array:
        """Return the coordinates at the current spend, as a place to start from."""
        return self.as_coordinate(np.exp(self.log_marginal))
