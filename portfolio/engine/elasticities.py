"""Elasticities from the products' own histories, drawn towards what is stated or found for their stage.

One product's history of spend and value says little: spend hardly moves, and value moves for many reasons. So each
estimate is weighed against the range that is stated for the product's stage, by how exact each of them is, or, where
none is stated, against the mean of that stage's products (Efron & Morris 1975, Data analysis using Stein's estimator
and its generalizations, JASA 70(350); Gelman et al. 2013, Bayesian Data Analysis, 3rd ed., chapter 5).

Spend and value over time are no experiment: what moved both is counted as the response of one to the other, but for
what a straight trend takes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, in_words
from .uncertainty import Z95

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST, MOST = 0.01, 0.99  # of an elasticity
FEWEST = 6  # periods with spend and value
FEWEST_FOR_TREND = 10
LEAST_VARIATION = 0.01  # standard deviation of the logarithm of spend
LEAST_ERROR = 0.01  # of an estimate: a history that fits exactly is luck


@dataclass(frozen=True)
class Estimates:
    """Elasticities of P products.

    Attributes
    ----------
    low, mid, high : ndarray, shape (P,)
        A 90 % range and its median, within 0.01 to 0.99; NaN where there is no basis.
    is_estimated : ndarray of bool, shape (P,)
        The product's own history counts in it.
    weight : ndarray, shape (P,)
        How much: 0 where the range is that of the stage alone, 1 where it is the product's own alone.
    """

    low: Array
    mid: Array
    high: Array
    is_estimated: Flags
    weight: Array


def estimate_elasticities(
    spend: ArrayLike, value: ArrayLike, stage: ArrayLike, prior_low: ArrayLike, prior_high: ArrayLike
) -> Estimates:
    """Return the elasticity of each product, from its own history and its stage.

    A product's own estimate is the slope of log value on log spend over the periods in which both are above 0, by least
    squares, beside a straight trend in time where there are at least 10 such periods. Its squared error is enlarged to
    the variance of a t distribution, for few periods. There is none with fewer than 6 periods, or where spend hardly
    varies (the standard deviation of its logarithm is below 0.01).

    It is weighed with its stage by precision, both taken as normal: with the stated range where there is one (a certain
    one leaves no weight for the history), else with the mean of the stage's estimates, which are taken to vary by tau²
    about it. The outcome is then limited to between 0.01 and 0.99, as a normal distribution with nothing beyond, so
    that even a slope below 0 leaves a range with a width. A stated range that no history adds to is handed back as it
    is.

    No own estimate and no stated range: no basis, NaN.

    Parameters
    ----------
    spend, value : array_like, shape (T, P)
        By period, the last one last, in one currency each; what is not above 0 (or NaN) does not count.
    stage : array_like of int, shape (P,)
        The index of each product's stage.
    prior_low, prior_high : array_like, shape (S,)
        The 90 % range stated for each stage, 0 < low <= high < 1; NaN where none is.

    Source for tau²: DerSimonian & Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7(3).
    """
    spend, value, stage, prior_low, prior_high = _checked(spend, value, stage, prior_low, prior_high)
    slope, error = own_slopes(spend, value)
    is_estimated = ~np.isnan(slope)

    with np.errstate(invalid="ignore"):
        centre, spread = ((prior_low + prior_high) / 2)[stage], ((prior_high - prior_low) / (2 * Z95))[stage] ** 2
    is_stated = ~np.isnan(centre)
    extra = np.zeros_like(centre)  # the variance of a mean that is itself estimated
    for place in np.unique(stage[is_estimated & ~is_stated]):
        among = np.flatnonzero(is_estimated & (stage == place))
        mean, mean_error, between = pooled(slope[among], error[among])
        centre[among], spread[among], extra[among] = mean, between, mean_error**2

    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(is_estimated, spread / (spread + error**2), 0.0)
        weight = np.where(np.isinf(spread), 1.0, weight)
        middle = np.where(weight == 1, slope, weight * slope + (1 - weight) * centre)
        variance = weight * error**2 + (1 - weight) ** 2 * extra
    low, mid, high = (np.full(slope.shape, np.nan) for _ in range(3))
    moved = np.flatnonzero(is_estimated & (weight > 0))
    low[moved], mid[moved], high[moved] = _limited(middle[moved], np.sqrt(variance[moved]))
    # Products that all say the same (tau² = 0) leave the error of their mean.
    alone = np.flatnonzero(is_estimated & ~is_stated & (weight == 0))
    low[alone], mid[alone], high[alone] = _limited(centre[alone], np.sqrt(extra[alone]))
    stated = np.flatnonzero(is_stated & (weight == 0))
    low[stated], high[stated] = prior_low[stage[stated]], prior_high[stage[stated]]
    mid[stated] = centre[stated]
    return Estimates(
        low=np.clip(low, LEAST, MOST),
        mid=np.clip(mid, LEAST, MOST),
        high=np.clip(high, LEAST, MOST),
        is_estimated=is_estimated & ((weight > 0) | ~is_stated),
        weight=weight,
    )


def own_slopes(spend: Array, value: Array) -> tuple[Array, Array]:
    """Return the slope of log value on log spend of each product and its standard error, shape (P,); NaN for none."""
    counts = (spend > 0) & (value > 0) & np.isfinite(spend) & np.isfinite(value)
    count = counts.sum(axis=0)
    x, y = (np.log(np.where(counts, figures, 1.0)) for figures in (spend, value))
    time = np.broadcast_to(np.arange(len(spend), dtype=np.float64)[:, None], x.shape)

    def centred(figures: Array) -> Array:
        return np.where(counts, figures - np.where(counts, figures, 0.0).sum(axis=0) / np.maximum(count, 1), 0.0)

    x, y, time = centred(x), centred(y), centred(time)
    variation = np.sqrt((x**2).sum(axis=0) / np.maximum(count - 1, 1))
    # What a trend explains is taken out of both first (Frisch & Waugh 1933).
    has_trend = count >= FEWEST_FOR_TREND
    squares = np.where(has_trend, (time**2).sum(axis=0), np.inf)
    x, y = (figures - time * ((time * figures).sum(axis=0) / np.maximum(squares, 1.0)) for figures in (x, y))
    left = (x**2).sum(axis=0)
    freedom = count - np.where(has_trend, 3, 2)
    is_usable = (count >= FEWEST) & (variation >= LEAST_VARIATION)
    is_usable &= np.sqrt(left / np.maximum(count - 1, 1)) >= LEAST_VARIATION / 2  # more than a trend
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x * y).sum(axis=0) / left
        residual = ((y - slope * x) ** 2).sum(axis=0)
        # The variance of a t distribution with n degrees of freedom is n / (n - 2) times that of a normal one.
        error = np.sqrt(residual / np.maximum(freedom - 2, 1) / left)
    return np.where(is_usable, slope, np.nan), np.where(is_usable, np.maximum(error, LEAST_ERROR), np.nan)


def pooled(slope: Array, error: Array) -> tuple[float, float, float]:
    """Return the mean of estimates, its standard error, and tau², the variance of what they estimate about it.

    By DerSimonian & Laird. With a single estimate tau² is infinite: there is nothing to draw it towards.
    """
    if slope.size == 1:
        return float(slope[0]), float(error[0]), np.inf
    weight = error**-2
    mean = float(weight @ slope / weight.sum())
    spread = float(weight @ (slope - mean) ** 2) - (slope.size - 1)
    between = max(0.0, spread / float(weight.sum() - (weight**2).sum() / weight.sum()))
    weight = 1 / (error**2 + between)
    return float(weight @ slope / weight.sum()), float(weight.sum() ** -0.5), between


def _limited(middle: Array, spread: Array) -> tuple[Array, Array, Array]:
    """Return the 5th, 50th and 95th percentile of normal distributions that have nothing beyond LEAST and MOST."""
    from scipy.special import log_ndtr, ndtri_exp

    # Mirrored where most of it lies below the limits, so that both tails are those with digits; in logarithms, since
    # a slope may lie hundreds of its errors away.
    is_mirrored = middle < (LEAST + MOST) / 2
    centre = np.where(is_mirrored, LEAST + MOST - middle, middle)
    top, bottom = log_ndtr((MOST - centre) / spread), log_ndtr((LEAST - centre) / spread)
    found = []
    for part in (0.05, 0.5, 0.95):
        part_here = np.where(is_mirrored, 1 - part, part)
        with np.errstate(divide="ignore"):
            log_part = top + np.log(part_here + (1 - part_here) * np.exp(bottom - top))
        place = centre + spread * ndtri_exp(log_part)
        found.append(np.where(is_mirrored, LEAST + MOST - place, place))
    return found[0], found[1], found[2]


def _checked(
    spend: ArrayLike, value: ArrayLike, stage: ArrayLike, prior_low: ArrayLike, prior_high: ArrayLike
) -> tuple[Array, Array, NDArray[np.intp], Array, Array]:
    spend, value, prior_low, prior_high = (
        np.asarray(figures, dtype=np.float64) for figures in (spend, value, prior_low, prior_high)
    )
    stage = np.asarray(stage, dtype=np.intp)
    if (
        spend.ndim != 2
        or value.shape != spend.shape
        or stage.shape != spend.shape[1:]
        or prior_low.ndim != 1
        or prior_high.shape != prior_low.shape
    ):
        raise EngineError(
            f"spend {spend.shape}, value {value.shape}, stage {stage.shape} and stated ranges {prior_low.shape} and "
            f"{prior_high.shape} do not fit together: (T, P), (T, P), (P,), (S,) and (S,) are needed."
        )
    outside = np.flatnonzero((stage < 0) | (stage >= prior_low.size))
    if outside.size:
        raise EngineError(
            f"The stages of products {in_words(outside)} are none of 0 to {prior_low.size - 1}, for which there is a "
            "place among the stated ranges."
        )
    is_none = np.isnan(prior_low) & np.isnan(prior_high)
    bad = np.flatnonzero(~is_none & ~((prior_low > 0) & (prior_low <= prior_high) & (prior_high < 1)))
    if bad.size:
        raise EngineError(
            f"The ranges stated for stages {in_words(bad)} are none between 0 and 1. Ends must lie above 0 and below "
            "1, low at most high."
        )
    return spend, value, stage, prior_low, prior_high
