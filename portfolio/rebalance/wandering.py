"""How far figures wander by themselves, whatever is spent: from month to month, and from year to year."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_MONTHS = 6  # from which it can be told how much months vary
FEWEST_YEARS = 4  # from which it can be told how far years drift


@dataclass(frozen=True, eq=False)
class Wander:
    """How far figures wander by themselves: from month to month, and from year to year.

    `months` is the standard deviation of a month as a part of the mean, `years` that of the logarithm of one year over
    the year before, about its mean; NaN where the history is too short to tell.
    """

    months: Floats | float
    years: Floats | float

    def like(self, others: "Wander") -> "Wander":
        """Return it with the years of the middle one of others where its own history is too short to tell."""
        known = np.asarray(others.years)[~np.isnan(others.years)]
        usual = float(np.median(known)) if known.size else 0.0
        return Wander(self.months, np.where(np.isnan(self.years), usual, self.years))

    def draws(self, noise: Floats, count: int) -> Floats:
        """Return factors around 1 for the mean of so many months, lognormal with mean 1.

        Months vary each by itself. Years walk at random: from the middle of the window to that of these months.
        """
        variance = np.log1p(np.square(self.months) / count) + np.square(self.years) * (6 + count / 2) / 12
        return np.exp(noise * np.sqrt(variance) - variance / 2)


def wander(series: Floats) -> Wander:
    """Return how far figures by month wander, (M, P), the last months being those of the window."""
    months, size = series.shape
    window = series[-12:]
    mean = window.mean(axis=0) if months else np.zeros(size)
    monthly = np.zeros(size)
    if len(window) >= FEWEST_MONTHS:
        monthly = np.divide(window.std(axis=0, ddof=1), mean, out=np.zeros(size), where=mean > 0)
    years = months // 12
    yearly = np.full(size, np.nan)
    if years >= FEWEST_YEARS:
        sums = series[months - 12 * years :].reshape(years, 12, size).sum(axis=1)
        grew = np.full((years - 1, size), np.nan)
        is_there = (sums[1:] > 0) & (sums[:-1] > 0)
        np.divide(sums[1:], sums[:-1], out=grew, where=is_there)
        for place in range(size):
            steps = np.log(grew[is_there[:, place], place])
            yearly[place] = steps.std(ddof=1) if len(steps) >= FEWEST_YEARS - 1 else np.nan
    return Wander(monthly, yearly)
