"""Error budgets: what an objective lets go wrong over a rolling window, and how much of it is spent.

An objective of 99.9 % allows 0.1 % of what was served to be bad. That part is a budget: while some is left, there is
room for change; once it is spent, what is promised comes first (Beyer, Jones, Petoff & Murphy 2016, Site Reliability
Engineering, chapters 3 and 4; Beyer et al. 2018, The Site Reliability Workbook, chapter 5, for the burn rate).

A day without measurement is neither good nor bad: it is counted, and said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from .errors import EngineError

Counts = NDArray[np.int64]

WEEK = 7  # days over which the rate of burning is told


@dataclass(frozen=True)
class Measured:
    """What was served over the days [starts, ends): `good` of `total`."""

    starts: date
    ends: date
    good: int
    total: int


@dataclass(frozen=True)
class Days:
    """What was served on each of D days from `first` on.

    Attributes
    ----------
    good, bad : ndarray of int, shape (D,)
        Whole counts that add up to those measured.
    is_measured : ndarray of bool, shape (D,)
        Some measurement covers the day; without one its counts are 0, which is not to be read as good.
    """

    first: date
    good: Counts
    bad: Counts
    is_measured: NDArray[np.bool_]

    @property
    def after(self) -> date:
        """The first day after these."""
        return self.first + timedelta(days=len(self.good))

    def between(self, starts: date, ends: date) -> Days:
        """Return the days of [starts, ends) that are among these."""
        low = min(max((starts - self.first).days, 0), len(self.good))
        high = min(max((ends - self.first).days, low), len(self.good))
        first = self.first + timedelta(days=low)
        return Days(first, self.good[low:high], self.bad[low:high], self.is_measured[low:high])


@dataclass(frozen=True)
class Budget:
    """The budget of one objective over the `window_days` days before `until`.

    Attributes
    ----------
    measured_days : int
        Days of the window that some measurement covers.
    good, total : int
        What was served.
    allowed : Decimal
        (1 - target) x total: what may go wrong.
    spent : int
        What went wrong.
    left : Decimal
        allowed - spent; below 0 where it is overspent.
    spent_share : float or None
        spent / allowed; None where nothing is allowed.
    week_burn, day_burn : float or None
        How fast the last 7 days, and the last day, spent: the share that was bad over the share that may be. At 1 the
        budget is just used up by the end of a window. None where nothing was served.
    runs_out : date or None
        The day on which nothing is left, should every day go as the last 7 did on average; None where it lasts.
    """

    until: date
    window_days: int
    measured_days: int
    good: int
    total: int
    allowed: Decimal
    spent: int
    left: Decimal
    spent_share: float | None
    week_burn: float | None
    day_burn: float | None
    runs_out: date | None

    @property
    def unmeasured_days(self) -> int:
        """Days of the window without measurement."""
        return self.window_days - self.measured_days

    @property
    def is_overspent(self) -> bool:
        """Whether more went wrong than was allowed."""
        return self.left < 0

    @property
    def left_share(self) -> float | None:
        """What is left of the budget, as a part of it; below 0 where it is overspent."""
        return None if self.spent_share is None else 1 - self.spent_share


def days_of(measured: Iterable[Measured], first: date, after: date) -> Days:
    """Return what was served on each of the days [first, after).

    A measurement over several days is spread evenly over them, in whole counts: what was good and what was bad add up
    to what was measured. Days outside are left out.

    Raises EngineError for a measurement without days, and for one with more good than there was.
    """
    count = max((after - first).days, 0)
    good, bad = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    is_measured = np.zeros(count, dtype=np.bool_)
    for one in measured:
        length = (one.ends - one.starts).days
        if length < 1 or not 0 <= one.good <= one.total:
            raise EngineError(
                f"{one.good} good of {one.total} over {length} days cannot be; at least one day, and at most as much "
                "good as there was, are needed."
            )
        offset = (one.starts - first).days
        low, high = max(offset, 0), min(offset + length, count)
        for place in range(low, high):
            day = place - offset
            for counts, whole in ((good, one.good), (bad, one.total - one.good)):
                counts[place] += whole * (day + 1) // length - whole * day // length
            is_measured[place] = True
    return Days(first, good, bad, is_measured)


def budget(days: Days, target: Decimal, window_days: int, until: date) -> Budget:
    """Return the state of a budget at the start of the day `until`, over the `window_days` days before it.

    Raises EngineError for a target that is no share between 0 and 1, and a window of no days.
    """
    _check(target, window_days)
    window = days.between(until - timedelta(days=window_days), until)
    good, spent = int(window.good.sum()), int(window.bad.sum())
    allowed = (1 - target) * (good + spent)
    return Budget(
        until=until,
        window_days=window_days,
        measured_days=int(window.is_measured.sum()),
        good=good,
        total=good + spent,
        allowed=allowed,
        spent=spent,
        left=allowed - spent,
        spent_share=float(spent / allowed) if allowed else None,
        week_burn=burn_rate(days.between(until - timedelta(days=WEEK), until), target),
        day_burn=burn_rate(days.between(until - timedelta(days=1), until), target),
        runs_out=_runs_out(days, target, window_days, until),
    )


def burn_rate(days: Days, target: Decimal) -> float | None:
    """Return the share that was bad over the share that may be; None where nothing was served."""
    bad, total = int(days.bad.sum()), int(days.bad.sum() + days.good.sum())
    return float(bad / ((1 - target) * total)) if total else None


def left_over_time(days: Days, target: Decimal, window_days: int) -> NDArray[np.float64]:
    """Return which part of the budget was left at the end of each day, shape (D,): 1 is all, below 0 is overspent.

    Each looks back over its own window; the first windows, which begin before the first day, are those of the days
    there are. NaN where nothing was served over the window.
    """
    _check(target, window_days)

    def over_window(counts: Counts) -> NDArray[np.float64]:
        sums = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(1, len(sums))
        return (sums[places] - sums[np.maximum(places - window_days, 0)]).astype(np.float64)

    bad, good = over_window(days.bad), over_window(days.good)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - bad / (float(1 - target) * (bad + good))


def _runs_out(days: Days, target: Decimal, window_days: int, until: date) -> date | None:
    """Follow the window on, day by day: old days leave it, and days like those of the last week come in."""
    week = days.between(until - timedelta(days=WEEK), until)
    count = int(week.is_measured.sum())
    if not count:
        return None
    bad, good = int(week.bad.sum()), int(week.good.sum())
    window = days.between(until - timedelta(days=window_days), until)
    missing = window_days - len(window.bad)  # days before the first one there is
    olds_bad = [0] * missing + window.bad.tolist()
    olds_good = [0] * missing + window.good.tolist()
    spent, kept = sum(olds_bad), sum(olds_good)
    if spent > (1 - target) * (spent + kept):
        return None  # it is overspent already
    for step in range(1, window_days + 1):
        spent, kept = spent - olds_bad[step - 1], kept - olds_good[step - 1]
        # In whole counts times the days of the week, so that nothing is rounded.
        spent_then, kept_then = spent * count + bad * step, kept * count + good * step
        if spent_then > (1 - target) * (spent_then + kept_then):
            return until + timedelta(days=step - 1)
    return None


def _check(target: Decimal, window_days: int) -> None:
    if not 0 < target < 1 or window_days < 1:
        raise EngineError(
            f"A target of {target} over {window_days} days sets no budget; a share between 0 and 1, such as 0.999, and "
            "at least one day are needed."
        )
