"""90 % ranges to distributions and back, draws that can be had again, and which figures are tied.

A range is read as lognormal where both ends are positive, else as normal; its ends are the 5th and the 95th
percentile, and its expected value is the mean of that distribution, which for a wide lognormal range lies well
above the middle: 10 to 1,000 has a median of 100 and a mean of 266.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError

Array = NDArray[np.float64]

Z95 = 1.6448536269514722  # the 95th percentile of the standard normal distribution
DRAWS = 2_000


@dataclass(frozen=True)
class Range:
    """A 90 % range: the value lies below `low` one time in twenty, and above `high` one time in twenty.

    `low` equal to `high` is a certain value. Raises EngineError for ends that are no finite numbers, the wrong way
    round, or so far apart that the expected value is not finite.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise EngineError(f"A range needs two finite ends; these are {self.low} and {self.high}.")
        if self.low > self.high:
            raise EngineError(f"A range goes from low to high; {self.low} is above {self.high}. Swap the two ends.")
        if not math.isfinite(self.mean):
            raise EngineError(
                f"From {self.low} to {self.high} is too wide to have an expected value. Narrow the range."
            )

    @property
    def is_lognormal(self) -> bool:
        return self.low > 0

    @property
    def spread(self) -> float:
        """Standard deviation: of the logarithm where lognormal, else in the unit of the range."""
        if self.is_lognormal:
            return (math.log(self.high) - math.log(self.low)) / (2 * Z95)
        return (self.high - self.low) / (2 * Z95)

    @property
    def median(self) -> float:
        """As likely to be below as above."""
        if self.low == self.high:
            return self.low
        return math.sqrt(self.low) * math.sqrt(self.high) if self.is_lognormal else self.low / 2 + self.high / 2

    @property
    def mean(self) -> float:
        """The expected value."""
        if not self.is_lognormal or self.low == self.high:
            return self.median
        try:
            return self.median * math.exp(self.spread**2 / 2)
        except OverflowError:
            return math.inf

    def widened(self, factor: float) -> Range:
        """Return the range with `factor` times the spread about the same expected value (see `widening`)."""
        if not factor >= 1:
            raise EngineError(f"A range is widened by a factor of 1 or more; this is {factor}.")
        if self.low == self.high or factor == 1:
            return self
        spread = self.spread * factor
        if self.is_lognormal:
            middle = math.log(self.mean) - spread**2 / 2
            return Range(math.exp(middle - Z95 * spread), math.exp(middle + Z95 * spread))
        return Range(self.mean - Z95 * spread, self.mean + Z95 * spread)


def widening(overdue_days: float, cadence_days: float) -> float:
    """Return by how much a metric's spread grows while its next observation is overdue: sqrt(1 + overdue / cadence).

    1 until it is overdue. What is not observed is taken to wander, as a random walk does, whose variance grows with
    time: overdue by one whole cadence, the variance is twice what it was.
    """
    if not cadence_days > 0:
        raise EngineError(f"The cadence of a metric is a number of days above 0; this is {cadence_days}.")
    if math.isnan(overdue_days):
        raise EngineError("How many days a metric is overdue must be a number.")
    return math.sqrt(1 + max(overdue_days, 0) / cadence_days)


def stable_key(text: str) -> int:
    """Return a 64-bit key for a text (a metric's code): the same on every machine, in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def standard_draws(seed: int, keys: Iterable[int], count: int = DRAWS) -> Array:
    """Return standard normal draws, shape (V, count), one row for each of V keys.

    A row depends on `seed` and its own key only. So one more valuation leaves the draws of the others alone, a
    valuation has the same draws in every month (its uncertainty does not average out over a year), and the same
    key twice gives the same row twice.

    Repeatable to the bit with one version of numpy; numpy may change how normals are made between versions (NEP 19).

    Parameters
    ----------
    seed : int
        At least 0; stored with the run.
    keys : iterable of int
        At least 0; `stable_key` makes one from a code.
    """
    named = [int(key) for key in keys]
    if seed < 0 or any(key < 0 for key in named):
        raise EngineError("The seed of the draws and the keys of the valuations are whole numbers of 0 or more.")
    draws = np.empty((len(named), count))
    for row, key in zip(draws, named, strict=True):
        source = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, key])))
        source.standard_normal(out=row)
    return draws


def worth_draws(low: ArrayLike, high: ArrayLike, widening: ArrayLike, standard: ArrayLike) -> Array:
    """Return draws of V valuations, shape (V, count), from their 90 % ranges.

    Parameters
    ----------
    low, high : array_like, shape (V,)
        Ends of the ranges, as in `Range`. Where they are equal every draw is that value.
    widening : array_like, shape (V,) or a number
        At least 1: what the spread is multiplied by, about the same expected value.
    standard : array_like, shape (V, count)
        From `standard_draws`.
    """
    low, high, standard = (np.asarray(figures, dtype=np.float64) for figures in (low, high, standard))
    if low.ndim != 1 or high.shape != low.shape or standard.ndim != 2 or standard.shape[0] != low.size:
        raise EngineError(
            f"low {low.shape}, high {high.shape} and standard draws {standard.shape} do not fit together: "
            "(V,), (V,) and (V, count) are needed."
        )
    wider = np.broadcast_to(np.asarray(widening, dtype=np.float64), low.shape)
    bad = np.flatnonzero(~(np.isfinite(low) & np.isfinite(high) & (low <= high) & (wider >= 1) & np.isfinite(wider)))
    if bad.size:
        first = int(bad[0])
        raise EngineError(
            f"{bad.size} of {low.size} valuations cannot be drawn; the first is number {first}, from {low[first]} to "
            f"{high[first]} widened by {wider[first]}. Ends must be finite and low at most high, widening at least 1."
        )
    is_log = low > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        bottom, top = np.where(is_log, np.log(low), low), np.where(is_log, np.log(high), high)
    spread = (top - bottom) / (2 * Z95)
    # Wider at the same mean: the mean of a lognormal is exp(mu + sigma² / 2).
    middle = (bottom + top) / 2 + np.where(is_log, spread**2 * (1 - wider**2) / 2, 0.0)
    draws = standard * (spread * wider)[:, None]
    draws += middle[:, None]
    np.exp(draws, out=draws, where=is_log[:, None])
    is_certain = low == high
    draws[is_certain] = low[is_certain, None]
    return draws


def means(low: ArrayLike, high: ArrayLike) -> Array:
    """Return the expected values of ranges, shape (V,): `Range.mean` of each, but for what `Range` refuses."""
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    is_log = (low > 0) & (low != high)
    bottom, top = np.where(is_log, low, 1.0), np.where(is_log, high, 1.0)
    spread = (np.log(top) - np.log(bottom)) / (2 * Z95)
    mean = np.where(is_log, np.sqrt(bottom) * np.sqrt(top) * np.exp(spread**2 / 2), low / 2 + high / 2)
    return np.where(low == high, low, mean)


def ends(draws: NDArray[np.floating]) -> Array:
    """Return the 5th and 95th percentile of each row, shape (N, 2). The rows are sorted in place.

    The ends of `percentiles`, but several times as fast: a whole sort by vector instructions takes less than the
    search for a few ranks.
    """
    count = draws.shape[1]
    if count == 0:
        raise EngineError("Percentiles need at least one draw.")
    draws.sort(axis=1)
    found = np.empty((draws.shape[0], 2))
    for column, part in enumerate((0.05, 0.95)):
        place, beyond = divmod(part * (count - 1), 1)
        lower, upper = draws[:, int(place)], draws[:, min(int(place) + 1, count - 1)]
        found[:, column] = lower + beyond * (upper.astype(np.float64) - lower)
    return found


def percentiles(draws: ArrayLike, axis: int = -1) -> Array:
    """Return the 5th, 50th and 95th percentile along `axis`, stacked in a new first axis of three.

    The way back from draws to a 90 % range: `low, median, high = percentiles(draws)`. NaN where the draws hold one.
    """
    array = np.asarray(draws, dtype=np.float64)
    if array.shape[axis] == 0:
        raise EngineError("Percentiles need at least one draw.")
    return np.percentile(array, [5, 50, 95], axis=axis)


def tie_groups(expected: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.int64]:
    """Return the rank of each figure, shape (N,), equal for those that cannot be told apart: 1, 1, 1, 4, ...

    From the highest expected value down, a figure is tied with the leader of its group when their ranges overlap;
    the first that does not overlap leads the next group. Ranks skip, as they do in a race. A figure without a
    range (NaN ends) is taken as certain; one without an expected value (NaN) has rank 0.
    """
    expected, low, high = (np.asarray(figures, dtype=np.float64) for figures in (expected, low, high))
    if expected.ndim != 1 or low.shape != expected.shape or high.shape != expected.shape:
        raise EngineError(
            f"expected {expected.shape}, low {low.shape} and high {high.shape} must have one and the same shape (N,)."
        )
    low, high = np.where(np.isnan(low), expected, low), np.where(np.isnan(high), expected, high)
    ranks = np.zeros(expected.size, dtype=np.int64)
    known = np.flatnonzero(~np.isnan(expected))
    order = known[np.argsort(-expected[known], kind="stable")]
    found, rank = [], 0
    leader_low = leader_high = math.nan  # overlaps with nothing
    for place, (bottom, top) in enumerate(zip(low[order].tolist(), high[order].tolist(), strict=True), start=1):
        if not (top >= leader_low and bottom <= leader_high):
            leader_low, leader_high, rank = bottom, top, place
        found.append(rank)
    ranks[order] = found
    return ranks
