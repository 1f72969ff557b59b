"""Effects of experiments, and how much of them is to be believed.

Of the effects that stand out of small experiments most are too large, because luck is what made them stand out (Gelman
& Carlin 2014, Beyond power calculations: assessing Type S and Type M errors, Perspectives on Psychological Science
9(6)). So each is drawn towards what effects have been so far before it counts (Efron & Morris 1975, Data analysis using
Stein's estimator and its generalizations, JASA 70(350)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .elasticities import pooled
from .errors import EngineError
from .uncertainty import Z95

FEWEST = 5  # past effects that say how large effects are
STATED_SPREAD = 0.1  # without them: effects are changes by 0, give or take a tenth


@dataclass(frozen=True)
class Prior:
    """What effects are like, relative to where the metric was: normal, about `centre`, with `spread`, from `count`.

    `count` is how many past effects it rests on; 0 where it is the stated one.
    """

    centre: float
    spread: float
    count: int


@dataclass(frozen=True)
class Shrunk:
    """An effect that was drawn towards a prior: its mean and 90 % range; `weight` is what the experiment counts for."""

    effect: float
    low: float
    high: float
    weight: float


def welch(control: tuple[float, float, int], treatment: tuple[float, float, int]) -> tuple[float, float, float]:
    """Return treatment less control, its standard error, and the degrees of freedom of that error.

    Each group is its mean, standard deviation and size; their spreads may differ:
    error² = s₁²/n₁ + s₂²/n₂, freedom = error⁴ / (s₁⁴/(n₁²(n₁-1)) + s₂⁴/(n₂²(n₂-1))).

    Raises EngineError for groups of fewer than 2, spreads below 0, and two groups without any spread.

    Source: Welch (1947), The generalization of "Student's" problem when several different population variances are
    involved, Biometrika 34(1/2).
    """
    parts = []
    for name, (_, deviation, size) in (("control", control), ("treatment", treatment)):
        if size < 2 or not deviation >= 0:
            raise EngineError(
                f"The {name} group has {size} in it and a standard deviation of {deviation}; 2 or more and at least 0 "
                "are needed."
            )
        parts.append((deviation**2 / size, size))
    squared = sum(part for part, _ in parts)
    if squared == 0:
        raise EngineError("Neither group has any spread, so nothing says how sure the effect is. Look up the spreads.")
    freedom = squared**2 / sum(part**2 / (size - 1) for part, size in parts)
    return treatment[0] - control[0], math.sqrt(squared), freedom


def effect_range(effect: float, error: float, freedom: float = math.inf) -> tuple[float, float]:
    """Return the 90 % range of an effect alone, by Student's t; the normal one where its error is known for sure."""
    from scipy.special import stdtrit

    half = error * (Z95 if math.isinf(freedom) else float(stdtrit(freedom, 0.95)))
    return effect - half, effect + half


def prior_of(effects: ArrayLike, errors: ArrayLike) -> Prior:
    """Return what effects are like, from past ones; with fewer than 5 of them the stated prior: 0, give or take 10 %.

    Parameters
    ----------
    effects, errors : array_like, shape (N,)
        Past effects and their standard errors, above 0, both relative to where the metric was.
    """
    effects, errors = np.asarray(effects, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if effects.ndim != 1 or errors.shape != effects.shape:
        raise EngineError(f"effects {effects.shape} and errors {errors.shape} must have one and the same shape (N,).")
    if not ((errors > 0) & np.isfinite(errors) & np.isfinite(effects)).all():
        raise EngineError("Past effects are finite and have standard errors above 0. Leave out those that do not.")
    if effects.size < FEWEST:
        return Prior(0.0, STATED_SPREAD, 0)
    mean, error, between = pooled(effects, errors)
    return Prior(mean, math.sqrt(between + error**2), int(effects.size))


def shrink(effect: float, error: float, prior: Prior, *, scale: float = 1.0, freedom: float = math.inf) -> Shrunk:
    """Return an effect drawn towards what effects are like: weight × effect + (1 - weight) × centre.

    weight = spread² / (spread² + error²). For few degrees of freedom the squared error is enlarged to the variance of a
    t distribution.

    Parameters
    ----------
    effect, error : float
        In the unit of the metric; the error is above 0.
    scale : float
        Where the metric was, above 0: what the prior is relative to.
    """
    if not (error > 0 and scale > 0 and math.isfinite(effect)):
        raise EngineError(f"An effect of {effect} with an error of {error} cannot be drawn towards others; the error, "
                          f"and what it is relative to ({scale}), must be above 0.")  # fmt: skip
    variance = error**2 * (1 if math.isinf(freedom) else freedom / max(freedom - 2, 1))
    between = (prior.spread * scale) ** 2
    weight = between / (between + variance)
    middle = weight * effect + (1 - weight) * prior.centre * scale
    half = Z95 * math.sqrt(weight * variance)
    return Shrunk(middle, middle - half, middle + half, weight)
