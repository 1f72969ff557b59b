"""How much each of several splits of money would gain over leaving it as it is, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, in_words
from .uncertainty import Z95, percentiles

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Gains:
    """Gains over leaving it as it is, of C + 1 candidates: the first, number 0, is to leave it as it is.

    Attributes
    ----------
    mean, low, high : ndarray, shape (C + 1,)
        Expected gain in value, and its 5th and 95th percentile.
    probability : ndarray, shape (C + 1,)
        Part of the draws in which there is a gain at all; 0 for leaving it as it is.
    best : int
        The candidate with the highest expected gain, of several the first.
    is_tied : ndarray of bool, shape (C + 1,)
        Cannot be told from the best: the range of the difference to it, draw by draw, includes zero.
    draws : ndarray, shape (C + 1, D)
        The gain in each draw.
    """

    mean: Array
    low: Array
    high: Array
    probability: Array
    best: int
    is_tied: NDArray[np.bool_]
    draws: Array


def draw_elasticities(low: ArrayLike, high: ArrayLike, normals: ArrayLike) -> Array:
    """Return draws of elasticities, shape (D, P), from their 90 % ranges.

    A range is read as logit-normal, `log(e / (1 - e))` normal, so that every draw lies between 0 and 1; its ends are
    the 5th and the 95th percentile. Equal ends are a certain elasticity, NaN one that is not known.

    Parameters
    ----------
    low, high : array_like, shape (P,)
        0 < low <= high < 1; both NaN where there is none.
    normals : array_like, shape (D, P)
        Standard normal draws: `uncertainty.standard_draws` of a key for each product, transposed.

    Source: Aitchison & Shen (1980), Logistic-normal distributions, Biometrika 67(2).
    """
    low, high, normals = (np.asarray(figures, dtype=np.float64) for figures in (low, high, normals))
    if low.ndim != 1 or high.shape != low.shape or normals.ndim != 2 or normals.shape[1] != low.size:
        raise EngineError(
            f"low {low.shape}, high {high.shape} and normal draws {normals.shape} do not fit together: "
            "(P,), (P,) and (D, P) are needed."
        )
    is_known = ~(np.isnan(low) & np.isnan(high))
    bad = np.flatnonzero(is_known & ~((low > 0) & (low <= high) & (high < 1)))
    if bad.size:
        raise EngineError(
            f"The elasticities of products {in_words(bad)} are no ranges between 0 and 1; the first goes from "
            f"{low[bad[0]]:.6g} to {high[bad[0]]:.6g}. Ends must lie above 0 and below 1, low at most high."
        )
    bottom, top = (
        np.log(end) - np.log1p(-end) for end in (np.where(is_known, low, 0.5), np.where(is_known, high, 0.5))
    )
    draws = normals * ((top - bottom) / (2 * Z95)) + (bottom + top) / 2
    np.negative(draws, out=draws)
    np.exp(draws, out=draws)
    draws += 1
    np.reciprocal(draws, out=draws)
    is_certain = is_known & (low == high)
    draws[:, is_certain] = low[is_certain]
    draws[:, ~is_known] = np.nan
    return draws


def gains(current: ArrayLike, value_draws: ArrayLike, elasticity_draws: ArrayLike, candidates: ArrayLike) -> Gains:
    """Return what each candidate split would gain over leaving it as it is, draw by draw.

    All candidates have the same draws, so that what is unsure about all of them alike does not blur which is better.

    Parameters
    ----------
    current : array_like, shape (P,)
        Spend today.
    value_draws, elasticity_draws : array_like, shape (D, P)
        Draws of the value of today's spend, and of elasticities. A product gains nothing from another amount where its
        elasticity is NaN, or its spend or its expected value is not above 0: it has no basis.
    candidates : array_like, shape (C, P)
        Amounts of money for each product, at least 0, in each split. Leaving it as it is comes before them by itself.
    """
    current, value_draws, elasticity_draws, candidates = (
        np.asarray(figures, dtype=np.float64) for figures in (current, value_draws, elasticity_draws, candidates)
    )
    size = current.size
    if (
        current.ndim != 1
        or value_draws.ndim != 2
        or value_draws.shape[1] != size
        or elasticity_draws.shape != value_draws.shape
        or candidates.ndim != 2
        or candidates.shape[1] != size
    ):
        raise EngineError(
            f"current {current.shape}, draws of value {value_draws.shape} and elasticity {elasticity_draws.shape}, and "
            f"candidates {candidates.shape} do not fit together: (P,), (D, P), (D, P) and (C, P) are needed."
        )
    if value_draws.shape[0] == 0:
        raise EngineError("A gain needs at least one draw.")
    basis = (current > 0) & (value_draws.mean(axis=0) > 0) & ~np.isnan(elasticity_draws).any(axis=0)
    found = np.zeros((len(candidates) + 1, len(value_draws)))
    for row, amounts in zip(found[1:], candidates, strict=True):
        if not (amounts[basis] >= 0).all() or not np.isfinite(amounts[basis]).all():
            raise EngineError("A candidate gives a product an amount that is negative or no finite number.")
        moved = np.flatnonzero(basis & (amounts != current))
        with np.errstate(divide="ignore"):
            change = np.log(amounts[moved] / current[moved])
        row[:] = np.einsum("dp,dp->d", value_draws[:, moved], np.expm1(elasticity_draws[:, moved] * change))
    mean = found.mean(axis=1)
    best = int(np.argmax(mean))
    low, _, high = percentiles(found)
    behind_low, _, behind_high = percentiles(found - found[best])
    return Gains(
        mean=mean,
        low=low,
        high=high,
        probability=(found > 0).mean(axis=1),
        best=best,
        is_tied=(behind_low <= 0) & (behind_high >= 0),
        draws=found,
    )
