"""What another split of money does to the whole network, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, in_words
from .flows import Flows, trace
from .solver import System

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """The network before and after a split of money; P products.

    Attributes
    ----------
    before, after : Flows
        What is traced from today's cost and value, and from the new ones.
    direct_cost, own_value : ndarray, shape (P,)
        The new ones: cost, and value that reaches each product's own customers.
    loaded_cost, credited_value : ndarray, shape (P,)
        After the split; as in `after`.
    credited_before, credited_after : ndarray, shape (P,)
        Credited value per unit of cost; NaN where there is no cost.
    """

    before: Flows
    after: Flows
    direct_cost: Array
    own_value: Array
    credited_before: Array
    credited_after: Array

    @property
    def loaded_cost(self) -> Array:
        return self.after.loaded_cost

    @property
    def credited_value(self) -> Array:
        return self.after.credited_value


def predict(cost: ArrayLike, value: ArrayLike, shares: Any, ratio: ArrayLike, response: ArrayLike) -> Prediction:
    """Return what a split does to the whole network: whose customers get how much more, and what everyone then returns.

    A customer's value is credited to all products that took part in it: M[i, j] is the part of v[j] that is credited
    to i, and its columns sum to 1 (see `flows.trace`: K = M v). Where i's spend changes what it is credited with by a
    factor response[i], customers of j get

        v' = v ∘ (Mᵀ response),    so that sum(v') = sum(K ∘ response).

    Mᵀ response is the loaded cost of c⁺ ∘ response over the loaded cost of c⁺, one solve: j's value grows as the
    dollars behind it respond, wherever in the network they are spent. A product with no loaded cost answers to its own
    response.

    Who pulls what from whom is taken to stay as it is.

    Parameters
    ----------
    cost, value : array_like, shape (P,)
        c and v, as for `flows.trace`.
    shares : scipy sparse array, shape (P, P)
        S, as for `flows.trace`.
    ratio : array_like, shape (P,)
        New spend over today's, at least 0; 1 where there is none.
    response : array_like, shape (P,)
        Credited value at the new spend over today's, `ratio^elasticity`, at least 0; 1 where there is no basis.

    Raises EngineError as `flows.trace` does, and for ratios and responses that are negative or not finite.
    """
    before = trace(cost, value, shares)
    direct, made = np.asarray(cost, dtype=np.float64), np.asarray(value, dtype=np.float64)
    ratio, response = (
        _factors("ratio of spend", ratio, direct.shape),
        _factors("response", response, direct.shape),
    )
    floored = np.maximum(direct, 0.0)
    network = before.network
    loaded = System(network.T.tocsr(), onward=network).solve(floored * response)
    has_cost = before.floored_loaded_cost > 0
    own_value = made * np.divide(loaded, before.floored_loaded_cost, out=response.copy(), where=has_cost)
    spent = direct * ratio
    after = trace(spent, own_value, network)
    return Prediction(
        before=before,
        after=after,
        direct_cost=spent,
        own_value=own_value,
        credited_before=_per_unit(before.credited_value, direct),
        credited_after=_per_unit(after.credited_value, spent),
    )


def ramped(ratio: ArrayLike, months: int, ramp: ArrayLike) -> Array:
    """Return the part of a step in spend that is effective in each month, shape (months, P).

    More money takes effect in proportion to time over `ramp` months, so that new people are no full help from the
    first day; less money takes effect at once. A month has the mean over its days: with a ramp of 2 months 1/4, 3/4,
    and then 1.

    Parameters
    ----------
    ratio : array_like, shape (P,)
        New spend over today's.
    months : int
        How many months from the step on.
    ramp : array_like, shape (P,) or a number
        Months until growth is fully effective, at least 0.
    """
    ratio = np.asarray(ratio, dtype=np.float64)
    ramp = np.broadcast_to(np.asarray(ramp, dtype=np.float64), ratio.shape)
    if months < 0 or not ((ramp >= 0) & np.isfinite(ramp)).all():
        raise EngineError(f"Months and ramp must be 0 or more; there are {months} months, and a ramp of {ramp.min()}.")
    ends = np.arange(months + 1, dtype=np.float64)[:, None]
    length = np.where((ratio > 1) & (ramp > 0), ramp, 1.0)
    # The integral of min(t / ramp, 1) from 0 on.
    until = np.where(ends < length, ends**2 / (2 * length), ends - length / 2)
    return np.where((ratio > 1) & (ramp > 0), np.diff(until, axis=0), 1.0)


def _factors(name: str, factors: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.asarray(factors, dtype=np.float64)
    if array.shape != shape:
        raise EngineError(f"The {name} has shape {array.shape}; one for each product, shape {shape}, is needed.")
    bad = np.flatnonzero(~((array >= 0) & np.isfinite(array)))
    if bad.size:
        raise EngineError(f"The {name} of products {in_words(bad)} is negative or no finite number.")
    return array


def _per_unit(value: Array, cost: Array) -> Array:
    return np.divide(value, cost, out=np.full(cost.shape, np.nan), where=cost > 0)
