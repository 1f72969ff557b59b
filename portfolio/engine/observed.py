"""What a metric did once something shipped: the change against the trend before, how sure it is, and what was promised.

An interrupted series: a straight line is laid through what was seen before, and carried on; what was seen afterwards is
held against it (Shadish, Cook & Campbell 2002, Experimental and Quasi-Experimental Designs, chapter 6). It is no
experiment: whatever else moved the metric at that time is in the change, too, and a season that the months before do
not hold whole is taken for a change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elasticities import pooled
from .errors import EngineError
from .uncertainty import Z95

Array = NDArray[np.float64]

DAYS_A_MONTH = 365.25 / 12
FEWEST = 4  # points before: a line takes two, and a range at least two more
MOST = 24  # points before that count, the latest
MOST_CORRELATED = 0.9  # of what neighbours have in common


@dataclass(frozen=True)
class Line:
    """A straight line by least squares, and what is needed to say how far off it is.

    Attributes
    ----------
    level, slope : float
        `level + slope * day`; the slope is per day.
    centre : float
        Mean of the days that it was laid through.
    count : int
        How many points that were.
    squares : float
        Sum of squares of the days about their mean.
    effective : float
        How many independent points they count for: count (1 - r) / (1 + r), at least 3, with r the correlation of
        neighbouring residuals, between 0 and 0.9.
    deviation : float
        Standard deviation of a point about the line: the root of the residual sum of squares over `effective - 2`.
    """

    level: float
    slope: float
    centre: float
    count: int
    squares: float
    effective: float
    deviation: float

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the deviation."""
        return self.effective - 2

    def at(self, day: float) -> float:
        """Return the line's height on a day."""
        return self.level + self.slope * day

    def error_at(self, day: float, count: int) -> float:
        """Return the standard error of the mean of `count` new points about `day` less the line there.

        deviation × sqrt(1/count + 1/n + (day - centre)² / squares): the noise of the new points, and that of the line.
        """
        return self.deviation * math.sqrt(1 / count + 1 / self.count + (day - self.centre) ** 2 / self.squares)


@dataclass(frozen=True)
class Change:
    """What was observed after a day, less what the trend before leads one to expect.

    `change` has a 90 % range from `low` to `high`, by Student's t with `line.freedom` degrees of freedom; `before` and
    `after` say how many points there were. All in the unit of the series.
    """

    before: int
    after: int
    line: Line
    expected: float
    observed: float
    error: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """Observed less expected."""
        return self.observed - self.expected


def trend_line(days: ArrayLike, values: ArrayLike) -> Line:
    """Return the straight line through a series, by least squares, with the error that neighbours alike leave it.

    Where neighbouring residuals resemble each other there is less in the series than it has points; that widens what
    follows from it. Resemblance is measured at lag 1 and only counts where it is positive.

    Parameters
    ----------
    days, values : array_like, shape (N,)
        In order of time; at least 4 points on at least two days.

    Source: Montgomery, Peck & Vining (2012), Introduction to Linear Regression Analysis, 5th ed., section 2.5, for the
    line; Santer et al. (2000), Statistical significance of trends, J. Geophys. Res. 105(D6), for the effective count.
    """
    days, values = _series(days, values)
    if days.size < FEWEST:
        raise EngineError(f"A trend needs at least {FEWEST} points; there are {days.size}. Wait for more of them.")
    centre = float(days.mean())
    away = days - centre
    squares = float(away @ away)
    if squares == 0:
        raise EngineError("A trend needs points on several days; these are all of one day.")
    slope = float(away @ values) / squares
    middle = float(values.mean())
    residual = values - middle - slope * away
    scatter = float(residual @ residual)
    # A series that lies on a line to the last digits has residuals of rounding only.
    has_scatter = scatter > 1e-20 * max(1.0, float(values @ values))
    alike = float(residual[1:] @ residual[:-1]) / scatter if has_scatter else 0.0
    alike = min(max(alike, 0.0), MOST_CORRELATED)
    effective = max(days.size * (1 - alike) / (1 + alike), 3.0)
    deviation = math.sqrt(scatter / (effective - 2)) if has_scatter else 0.0
    return Line(middle - slope * centre, slope, centre, int(days.size), squares, effective, deviation)


def change_after(before_days: ArrayLike, before: ArrayLike, after_days: ArrayLike, after: ArrayLike) -> Change | None:
    """Return what a series did after a day against its trend before; None with too few points to say.

    It takes at least 4 points before, of which the latest 24 count, and 1 after. The error is that of the mean of the
    points after less the line at their middle day (`Line.error_at`).

    Parameters
    ----------
    before_days, before : array_like, shape (N,)
        Days, on any scale, and values before, in order of time.
    after_days, after : array_like, shape (M,)
        The same after; the first not before the last of `before_days`.

    Raises EngineError for shapes that do not fit, figures that are not finite, and days out of order.
    """
    from scipy.special import stdtrit

    before_days, before = _series(before_days, before)
    after_days, after = _series(after_days, after)
    if before_days.size < FEWEST or not after_days.size or before_days[-MOST:][0] == before_days[-1]:
        return None
    if after_days[0] < before_days[-1]:
        raise EngineError(
            f"The points after begin on day {after_days[0]:g}, before the last one before, day {before_days[-1]:g}. "
            "Split the series at one day."
        )
    line = trend_line(before_days[-MOST:], before[-MOST:])
    middle = float(after_days.mean())
    expected, observed = line.at(middle), float(after.mean())
    error = line.error_at(middle, after.size)
    half = float(stdtrit(line.freedom, 0.95)) * error
    change = observed - expected
    return Change(line.count, int(after.size), line, expected, observed, error, change - half, change + half)


def by_month(starts: ArrayLike, ends: ArrayLike, values: ArrayLike, is_flow: bool) -> tuple[Array, Array]:
    """Return a metric by month as days and values, months counted from day 0; what spans day 0 is on neither side.

    A flow becomes a rate a month: value / days × 365.25 / 12, in its middle; a level holds on its first day. Where a
    month (365.25 / 12 days, from day 0 back and on) has several, it has one point: their mean, by days.

    Parameters
    ----------
    starts, ends : array_like, shape (N,)
        Days from day 0, half-open.
    values : array_like, shape (N,)
        What was observed over them; of a level, at their start.
    """
    starts, ends, values = (np.asarray(figures, dtype=np.float64) for figures in (starts, ends, values))
    if starts.ndim != 1 or ends.shape != starts.shape or values.shape != starts.shape:
        raise EngineError(
            f"starts {starts.shape}, ends {ends.shape} and values {values.shape} must have one and the same shape (N,)."
        )
    if not (starts < ends).all():
        raise EngineError("An observation ends after it starts. Swap the ends of those that do not.")
    keep = (starts >= 0) | (ends <= 0)
    starts, ends, values = starts[keep], ends[keep], values[keep]
    if not starts.size:
        return np.empty(0), np.empty(0)
    weight = ends - starts if is_flow else np.ones_like(starts)
    days = (starts + ends) / 2 if is_flow else starts
    rates = values / weight * DAYS_A_MONTH if is_flow else values
    months, places = np.unique(np.floor(days / DAYS_A_MONTH), return_inverse=True)
    total = np.bincount(places, weight, months.size)
    return np.bincount(places, weight * days, months.size) / total, np.bincount(places, weight * rates) / total


class Outcome(StrEnum):
    """What came of a promise."""

    REACHED = "reached"
    WITHIN = "within"
    SHORT = "short"
    UNCLEAR = "unclear"
    EARLY = "early"


def outcome_of(change: float, low: float, high: float, promised_low: float, promised_high: float) -> Outcome:
    """Return what came of a promised change, given the observed one with its range.

    `reached` where all of the range is at least the least that was promised, `short` where none of it is, `within`
    where the figure itself is inside the promised range, else `unclear`. A promise to bring something down is looked at
    upside down, so that the least is the end nearer to no change.
    """
    if not (low <= change <= high and promised_low <= promised_high):
        raise EngineError("A change lies inside its range, and a promise goes from low to high. Swap the ends.")
    if promised_low + promised_high < 0:
        change, low, high = -change, -high, -low
        promised_low, promised_high = -promised_high, -promised_low
    if low >= promised_low:
        return Outcome.REACHED
    if high < promised_low:
        return Outcome.SHORT
    return Outcome.WITHIN if promised_low <= change <= promised_high else Outcome.UNCLEAR


def kept_share(change: ArrayLike, error: ArrayLike, promised: ArrayLike) -> tuple[float, float, float] | None:
    """Return how much of what was promised came: the mean of observed over promised change, and its 90 % range.

    Each counts by how exact it is and by how much they differ among themselves (`elasticities.pooled`). None where
    nothing was promised to change.

    Parameters
    ----------
    change, error, promised : array_like, shape (N,)
        Observed changes, their standard errors, at least 0, and the changes that were promised.
    """
    change, error, promised = (np.asarray(figures, dtype=np.float64) for figures in (change, error, promised))
    if change.ndim != 1 or error.shape != change.shape or promised.shape != change.shape:
        raise EngineError(
            f"change {change.shape}, error {error.shape} and promised {promised.shape} must have one shape (N,)."
        )
    counts = promised != 0
    if not counts.any():
        return None
    ratio = change[counts] / promised[counts]
    # A series without any scatter is luck, not certainty; and a weight must be finite.
    exact = np.maximum(np.abs(error[counts] / promised[counts]), 0.01)
    mean, spread, _ = pooled(ratio, exact)
    return mean, mean - Z95 * spread, mean + Z95 * spread


def _series(days: ArrayLike, values: ArrayLike) -> tuple[Array, Array]:
    days, values = np.asarray(days, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if days.ndim != 1 or values.shape != days.shape:
        raise EngineError(f"days {days.shape} and values {values.shape} must have one and the same shape (N,).")
    if not (np.isfinite(days).all() and np.isfinite(values).all()):
        raise EngineError("A series needs finite figures. Leave out the days without one.")
    if (np.diff(days) < 0).any():
        raise EngineError("A series goes in order of time. Sort it by day.")
    return days, values
