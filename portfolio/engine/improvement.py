"""Services ranked by how much they improve on their own past, not by where they stand.

Whoever runs an old and busy service can come first here, and whoever stands high already has nothing to fear from it:
each service is compared with itself. Every measure becomes the logarithm of a ratio, past to recent, turned so that
above 0 is better: a half less downtime and a half less lead time count the same. Logarithms of ratios do not ask at
what level they start, so that to double the level of everything changes nothing.

How sure a ratio is decides how much it counts: measures are averaged by their precision, allowing for what they
disagree by (DerSimonian & Laird 1986, Meta-analysis in clinical trials, Controlled Clinical Trials 7(3)), and the
average is drawn towards no change at all by how little it rests on (`shrinkage`). Otherwise the smallest services would
fill both ends of the table, by luck (Gelman & Price 1999, All maps of parameter estimates are misleading, Statistics in
Medicine 18(23)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elasticities import pooled
from .errors import EngineError
from .shrinkage import FEWEST, Prior, Shrunk, shrink
from .uncertainty import Z95, tie_groups

Array = NDArray[np.float64]

FEWEST_DURATIONS = 4  # on each side, to tell how long something takes
FEWEST_WEEKS = 4  # on each side, to tell how often
FEWEST_ANSWERS = 10  # on each side, to tell how content customers are
LEAST_ERROR = 0.02  # of a logarithm: weeks that are all alike are luck
STATED_SPREAD = 0.4  # without services enough to tell: two in three change by less than a factor of 1.5
LEAST_SPREAD = 0.05  # services that all seem to stand still may yet differ by this


@dataclass(frozen=True)
class Change:
    """How much one measure is better than it was: the logarithm of a ratio, above 0 for better, and its error."""

    ratio: float
    error: float

    @property
    def factor(self) -> float:
        """How many times better: 2 is half as much of what is bad, or twice of what is good."""
        return math.exp(self.ratio)

    @property
    def ends(self) -> tuple[float, float]:
        """The 90 % range of that factor."""
        return math.exp(self.ratio - Z95 * self.error), math.exp(self.ratio + Z95 * self.error)


@dataclass(frozen=True)
class Place:
    """Where one service stands among all.

    `rank` is shared by those whose ranges overlap with the first of them; 0 where there is too little to tell.
    """

    rank: int
    is_tied: bool
    shrunk: Shrunk | None
    changes: Mapping[str, Change]

    @property
    def factor(self) -> float | None:
        """How many times better it is than it was, all measures together."""
        return None if self.shrunk is None else math.exp(self.shrunk.effect)

    @property
    def ends(self) -> tuple[float, float] | None:
        """The 90 % range of that factor."""
        return None if self.shrunk is None else (math.exp(self.shrunk.low), math.exp(self.shrunk.high))


def of_rates(
    past: tuple[ArrayLike, ArrayLike], recent: tuple[ArrayLike, ArrayLike], *, is_bad: bool = True
) -> Change | None:
    """Return how much rarer something bad has become (or more frequent something good), from its counts by week.

    Each side is (count, out of), a figure a week: bad requests of all, incidents of days, failed deployments of all.
    The rate is sum(count) / sum(out of). Its relative error is that of a ratio estimator over weeks (Cochran 1977,
    Sampling Techniques, 3rd ed., chapter 6), because what goes wrong in one week goes wrong together, and at least that
    of rare events where there are few: k/(k-1) sum((count - rate x out of)²) / sum(count)².

    None where a side has fewer than 4 weeks with anything to count out of, and where nothing was counted on either
    side. Where one side has none, half of one is added to both, with the error of rare events (Haldane 1956, Annals of
    Human Genetics 20(4)).
    """
    sides = [_weeks(*past), _weeks(*recent)]
    if any(len(counts) < FEWEST_WEEKS for counts, _ in sides):
        return None
    sums = [float(counts.sum()) for counts, _ in sides]
    if not any(sums):
        return None
    added = 0.0 if all(sums) else 0.5
    rates = [(total + added) / float(bases.sum()) for total, (_, bases) in zip(sums, sides, strict=True)]
    if added:
        variance = sum(1 / (total + added) for total in sums)
    else:
        variance = sum(_squared_error(*side) for side in sides)
    ratio = math.log(rates[0] / rates[1])
    return Change(ratio if is_bad else -ratio, max(math.sqrt(variance), LEAST_ERROR))


def of_durations(past: Sequence[float], recent: Sequence[float]) -> Change | None:
    """Return how much shorter something has become, from how long it took each time: the middle of their logarithms.

    The error is Welch's, for spreads that may differ. Durations that are not above 0 do not count; None where a side
    has fewer than 4.
    """
    sides = [np.log([one for one in side if one > 0]) for side in (past, recent)]
    if any(side.size < FEWEST_DURATIONS for side in sides):
        return None
    variance = sum(float(side.var(ddof=1)) / side.size for side in sides)
    return Change(float(sides[0].mean() - sides[1].mean()), max(math.sqrt(variance), LEAST_ERROR))


def of_means(past: tuple[float, float, int], recent: tuple[float, float, int]) -> Change | None:
    """Return how much higher a mean has become that is better the higher, each side (mean, deviation, answers).

    The error of the logarithm of a mean is deviation / (mean x sqrt(answers)). None where a mean is not above 0, or a
    side has fewer than 10 answers.
    """
    if any(count < FEWEST_ANSWERS or mean <= 0 for mean, _, count in (past, recent)):
        return None
    variance = sum((deviation / mean) ** 2 / count for mean, deviation, count in (past, recent))
    return Change(math.log(recent[0] / past[0]), max(math.sqrt(variance), LEAST_ERROR))


def of_shares(past: tuple[int, int], recent: tuple[int, int]) -> Change | None:
    """Return how much rarer it has become that customers do not complete, each side (completed, answers).

    None where a side has fewer than 10 answers, and where everyone completed on both.
    """
    if any(count < FEWEST_ANSWERS for _, count in (past, recent)):
        return None
    missed = [count - completed for completed, count in (past, recent)]
    if not any(missed):
        return None
    added = 0.0 if all(missed) else 0.5
    shares = [(miss + added) / (count + 2 * added) for miss, (_, count) in zip(missed, (past, recent), strict=True)]
    variance = sum(
        1 / (miss + added) - 1 / (count + 2 * added) for miss, (_, count) in zip(missed, (past, recent), strict=True)
    )
    return Change(math.log(shares[0] / shares[1]), max(math.sqrt(variance), LEAST_ERROR))


def ranked(services: Sequence[Mapping[str, Change]]) -> list[Place]:
    """Return the place of every service, in the order given, from its changes by name of measure.

    A service without any is not placed: there is too little to tell.
    """
    combined = [_combined(list(changes.values())) for changes in services]
    known = [one for one in combined if one is not None]
    prior = prior_about_nothing([mean for mean, _ in known], [error for _, error in known])
    shrunk = [None if one is None else shrink(one[0], one[1], prior) for one in combined]
    ranks = tie_groups(
        [math.nan if one is None else one.effect for one in shrunk],
        [math.nan if one is None else one.low for one in shrunk],
        [math.nan if one is None else one.high for one in shrunk],
    )
    counts = np.bincount(ranks, minlength=1)
    return [
        Place(int(rank), bool(rank and counts[rank] > 1), one, dict(changes))
        for rank, one, changes in zip(ranks, shrunk, services, strict=True)
    ]


def prior_about_nothing(means: Sequence[float], errors: Sequence[float]) -> Prior:
    """Return how far services tend to be from no change at all: 0, give or take tau.

    tau² = max(0, (sum w x² - N) / sum w) with w = 1 / error², the method of moments about 0; with fewer than 5 services
    the stated one.
    """
    if len(means) < FEWEST:
        return Prior(0.0, STATED_SPREAD, 0)
    weight = np.asarray(errors, dtype=np.float64) ** -2
    between = float((weight @ np.square(means) - len(means)) / weight.sum())
    return Prior(0.0, max(math.sqrt(max(between, 0.0)), LEAST_SPREAD), len(means))


def _combined(changes: Sequence[Change]) -> tuple[float, float] | None:
    if not changes:
        return None
    ratios, errors = (np.array([getattr(one, name) for one in changes]) for name in ("ratio", "error"))
    mean, error, _ = pooled(ratios, errors)
    return mean, error


def _weeks(counts: ArrayLike, bases: ArrayLike) -> tuple[Array, Array]:
    """Return the weeks that have anything to count out of."""
    counts, bases = np.asarray(counts, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    if counts.ndim != 1 or counts.shape != bases.shape or (counts < 0).any() or (bases < 0).any():
        raise EngineError(
            f"Counts {counts.shape} and what they are out of {bases.shape} must have one and the same shape (W,), and "
            "be at least 0."
        )
    return counts[bases > 0], bases[bases > 0]


def _squared_error(counts: Array, bases: Array) -> float:
    """Return the squared relative error of sum(counts) / sum(bases)."""
    total = counts.sum()
    apart = counts - total / bases.sum() * bases
    return float(apart @ apart * len(counts) / (len(counts) - 1) / total**2)
