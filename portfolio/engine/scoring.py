"""How good stated ranges turned out to be once the truth was known, and by how much the next ones must widen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError
from .uncertainty import Z95

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """How often outcomes fell inside their ranges: `inside` of `count`, `share`, and its 90 % range, `low` to `high`.

    Without outcomes the share is NaN, and may be anything from 0 to 1.
    """

    count: int
    inside: int
    share: float
    low: float
    high: float


def interval_scores(low: ArrayLike, high: ArrayLike, outcome: ArrayLike, level: float = 0.9) -> Array:
    """Return the interval score of each range, shape (N,), in the unit of the outcome: the smaller the better.

    The width of the range, and 2 / (1 - level) times the distance by which the outcome missed it. It is a proper score:
    who wants a low one on average states the range that is believed. NaN where there is no outcome.

    Parameters
    ----------
    low, high, outcome : array_like, shape (N,)
        Central ranges, and what came of them.
    level : float
        How likely each range was meant to hold, between 0 and 1.

    Source: Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102(477),
    equation 43.
    """
    low, high, outcome = _ranges(low, high, outcome)
    if not 0 < level < 1:
        raise EngineError(f"The level of a range lies between 0 and 1; this is {level}.")
    missed = np.maximum(low - outcome, 0) + np.maximum(outcome - high, 0)
    return high - low + 2 / (1 - level) * missed


def coverage(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> Coverage:
    """Return how often outcomes fell inside their ranges; those that are NaN, not known yet, do not count.

    The range of the share is Wilson's, at 90 %: it makes sense for few outcomes, and for all or none of them inside.
    """
    low, high, outcome = _ranges(low, high, outcome)
    is_known = ~np.isnan(outcome)
    count = int(is_known.sum())
    inside = int(((low <= outcome) & (outcome <= high))[is_known].sum())
    if not count:
        return Coverage(0, 0, math.nan, 0.0, 1.0)
    return Coverage(count, inside, inside / count, *share_range(inside, count))


def share_range(count: int, total: int) -> tuple[float, float]:
    """Return Wilson's 90 % range of a share, `count` out of `total`; all of 0 to 1 where there is nothing to go by.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22(158).
    """
    if not total:
        return 0.0, 1.0
    share, z = count / total, Z95**2 / total
    middle = (share + z / 2) / (1 + z)
    half = math.sqrt(share * (1 - share) * z + z**2 / 4) / (1 + z)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def widening_factor(mid: ArrayLike, low: ArrayLike, high: ArrayLike, outcome: ArrayLike, pseudo: float = 10) -> float:
    """Return by how much an estimator's next ranges must widen for nine in ten of them to hold: 1 or more.

    Each outcome's distance from the middle of its range is taken in half widths, on the side where it fell: 1 is at the
    end of the range. The factor that would have made nine in ten hold is the 90th percentile of these, with one place
    added for the outcome to come; with few outcomes it is drawn towards 1, as if `pseudo` more had been just right.
    Ranges that were too wide are not narrowed. 1 without outcomes; ranges without width, which no factor would widen,
    do not count.

    Parameters
    ----------
    mid, low, high, outcome : array_like, shape (N,)
        Ranges with their middle, low <= mid <= high, and what came of them; NaN where it is not known yet.
    pseudo : float
        At least 0.

    Source: Romano, Patterson & Candès (2019), Conformalized quantile regression, NeurIPS 32, for the percentile; what
    draws it towards 1 is a weighted mean, as for a prior worth `pseudo` observations.
    """
    mid = np.asarray(mid, dtype=np.float64)
    low, high, outcome = _ranges(low, high, outcome)
    if mid.shape != low.shape or not ((low <= mid) & (mid <= high))[~np.isnan(outcome)].all():
        raise EngineError("The middle of each range must lie between its ends.")
    if not pseudo >= 0:
        raise EngineError(f"The number of pseudo-observations is 0 or more; this is {pseudo}.")
    half = np.where(outcome >= mid, high - mid, mid - low)
    counts = ~np.isnan(outcome) & (half > 0)
    count = int(counts.sum())
    if not count:
        return 1.0
    distances = np.sort(np.abs(outcome - mid)[counts] / half[counts])
    place = min(math.ceil(0.9 * (count + 1)), count)
    return max(1.0, float((count * distances[place - 1] + pseudo) / (count + pseudo)))


def _ranges(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> tuple[Array, Array, Array]:
    low, high, outcome = (np.asarray(figures, dtype=np.float64) for figures in (low, high, outcome))
    if low.ndim != 1 or high.shape != low.shape or outcome.shape != low.shape:
        raise EngineError(
            f"low {low.shape}, high {high.shape} and outcome {outcome.shape} must have one and the same shape (N,)."
        )
    if not (low <= high).all():
        raise EngineError("A range goes from low to high. Swap the ends of those that do not.")
    return low, high, outcome
