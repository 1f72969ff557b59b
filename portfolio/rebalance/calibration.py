"""How often the truth fell inside the ranges that were stated, by kind of elasticity and by what was predicted.

An estimator whose ranges were too narrow has its next ones widened, by a factor that every page shows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import log

import numpy as np

from portfolio.engine.scoring import Coverage, coverage, interval_scores, widening_factor
from portfolio.rebalance.models import Estimator, Measure, Prediction

LEVEL = 0.9


def factors() -> dict[str, float]:
    """Return by how much each estimator's next ranges are widened for its record so far: 1 or more, one query.

    From ranges as they would have been without widening, or the record of the widened ones would narrow the next.
    """
    scored = list(Prediction.objects.scored())
    return {
        str(estimator): _factor([row for row in scored if row.estimator == estimator])
        for estimator in Estimator
        if estimator != Estimator.NONE
    }


def stretched(middle: float, end: float, factor: float) -> float:
    """Return an end of a range `factor` times as far from the middle; on the scale of logarithms for what is positive.

    There a range of half to twice becomes one of a quarter to four times, and never goes below nothing. With
    1 / factor it takes that back.
    """
    if middle > 0 and end > 0:
        return middle * (end / middle) ** factor
    return middle + factor * (end - middle)


def _factor(rows: list[Prediction]) -> float:
    """Return the factor of some rows, distances being measured as `stretched` makes them."""
    figures = []
    for row in rows:
        assert row.outcome is not None
        low, high = (stretched(row.middle, end, 1 / row.factor) for end in (row.low, row.high))
        is_log = low > 0 and row.outcome > 0
        of = (row.middle, low, high, row.outcome)
        figures.append([log(each) if is_log else each for each in of])
    middle, low_ends, high_ends, outcome = np.array(figures, np.float64).reshape(-1, 4).T
    return widening_factor(middle, low_ends, high_ends, outcome)


@dataclass(frozen=True)
class Record:
    """How the ranges of one kind did; `skill` is how much smaller their score was than that of leaving it as it is."""

    key: str
    name: str
    covered: Coverage
    score: float | None  #: mean interval score over the size of what was predicted
    unchanged_score: float | None  #: the same of the range around what it was to be without the change
    factor: float | None = None  #: by which the next ranges are widened

    @property
    def skill(self) -> float | None:
        """By what part its score beats leaving it as it is; below zero where it does not."""
        if self.score is None or not self.unchanged_score:
            return None
        return 1 - self.score / self.unchanged_score

    @property
    def words(self) -> str:
        """What it means, in a sentence."""
        found = self.covered
        if not found.count:
            return "Nothing has been checked yet."
        told = f"{found.inside} of {found.count} outcomes fell inside"
        if found.high < LEVEL:
            return f"{told}: too few, the ranges were too narrow."
        if found.low > LEVEL:
            return f"{told}: the ranges were wider than they needed to be."
        return f"{told}: as many as nine in ten would lead one to expect."


def record(key: str, name: str, rows: Iterable[Prediction], *, factor: float | None = None) -> Record:
    """Return how the ranges of some predictions did; those without an outcome do not count."""
    scored = [row for row in rows if row.outcome is not None]
    low, high, outcome, middle, unchanged = (
        np.array([getattr(row, name) for row in scored], np.float64)
        for name in ("low", "high", "outcome", "middle", "unchanged")
    )
    found = coverage(low, high, outcome)
    if not scored:
        return Record(key, name, found, None, None, factor)
    # Pounds, ratios and counts are added up as parts of what each was to be.
    size = np.maximum(np.abs(unchanged), 1e-12)
    score = interval_scores(low, high, outcome) / size
    # Leaving it as it is would have been predicted with the same width, around what it was to be.
    shift = unchanged - middle
    still = interval_scores(low + shift, high + shift, outcome) / size
    return Record(key, name, found, float(score.mean()), float(still.mean()), factor)


def by_estimator(rows: Iterable[Prediction]) -> list[Record]:
    """Return the record of each kind of elasticity that was used, with the factor of its next ranges."""
    widened = factors()
    return _grouped(rows, lambda row: row.estimator, Estimator.choices, widened)


def by_measure(rows: Iterable[Prediction]) -> list[Record]:
    """Return the record of each kind of thing that was predicted."""
    return _grouped(rows, lambda row: row.measure, Measure.choices, {})


def by_quarters(rows: Iterable[Prediction]) -> list[Record]:
    """Return the record of near and far predictions."""
    choices = [("1", "One quarter"), ("2", "Two quarters"), ("4", "Four quarters")]
    return _grouped(rows, lambda row: str(row.quarters), choices, {})


def by_metric(rows: Iterable[Prediction]) -> list[Record]:
    """Return the record of each metric whose quantity was predicted, by name; metrics and products must be joined."""
    measured = [row for row in rows if row.metric is not None]
    named = {(row.metric.code, f"{row.metric.name}: {row.product}") for row in measured}
    choices = sorted(named, key=lambda pair: (pair[1], pair[0]))
    return _grouped(measured, lambda row: row.metric.code, choices, {})


def _grouped(
    rows: Iterable[Prediction],
    key: Callable[[Prediction], str],
    choices: Iterable[tuple[str, str]],
    widened: dict[str, float],
) -> list[Record]:
    grouped: dict[str, list[Prediction]] = {}
    for row in rows:
        grouped.setdefault(key(row), []).append(row)
    return [record(one, name, grouped[one], factor=widened.get(one)) for one, name in choices if one in grouped]


@dataclass(frozen=True)
class Reach:
    """Of outcomes, the part that fell within a part of the half width around the middle."""

    part: float  #: of the 90 % range
    stated: float  #: what part of outcomes would fall there, were the ranges right
    found: float


def reliability(rows: Iterable[Prediction], steps: int = 10) -> list[Reach]:
    """Return how many outcomes fell within ever wider parts of the ranges, against how many were to.

    A 90 % range is read as that of a normal distribution on either side of its middle: within a part a of its half
    width lie 2 Φ(1.645 a) - 1 of outcomes.
    """
    from statistics import NormalDist

    scored = [row for row in rows if row.outcome is not None]
    if not scored:
        return []
    distance = np.array([_distance(row) for row in scored])
    normal = NormalDist()
    z = normal.inv_cdf((1 + LEVEL) / 2)
    found = []
    for step in range(1, steps * 2 + 1):
        stated = step / (steps * 2)
        part = normal.inv_cdf((1 + min(stated, 0.999)) / 2) / z
        found.append(Reach(part, stated, float((distance <= part).mean())))
    return found


def _distance(row: Prediction) -> float:
    """Return how far the outcome lay from the middle, in half widths of the range on its side."""
    assert row.outcome is not None
    half = row.high - row.middle if row.outcome >= row.middle else row.middle - row.low
    off = abs(row.outcome - row.middle)
    return 0.0 if off == 0 else float(np.inf) if half <= 0 else off / half
