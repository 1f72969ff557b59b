"""What customers answered, as scores with intervals: a bare average hides how few said it.

90% intervals, like all ranges of the house: were the same number asked again and again, nineteen in twenty of the
intervals would begin below what all customers think, and nineteen in twenty end above it.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from .errors import EngineError

CONFIDENCE = 0.9
SCALE = (1.0, 5.0)  #: of an answer about satisfaction or effort


class Answers(NamedTuple):
    """How many answers there were on a scale, their mean, and their standard deviation (0 of a single one)."""

    number: int
    mean: float
    deviation: float


def summed_up(answers: Sequence[int]) -> Answers:
    """Return the count, mean and standard deviation of answers; see `of_sums`."""
    return of_sums(len(answers), sum(answers), sum(answer * answer for answer in answers))


def of_sums(count: int, total: int, squares: int) -> Answers:
    """Return the count, mean and standard deviation (over n - 1) of whole answers, given their sum and that of squares.

    All are whole numbers, so that nothing cancels: (n Σx² - (Σx)²) / n (n - 1).

    Raises
    ------
    EngineError
        There are no answers.
    """
    if count < 1:
        raise EngineError("There is no answer to sum up; a score takes at least one.")
    spread = (count * squares - total * total) / (count * (count - 1)) if count > 1 else 0.0
    return Answers(count, total / count, sqrt(max(0.0, spread)))


def share_interval(successes: int, count: int, *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return Wilson's score interval of a share, `successes` of `count`; None of a single answer.

    With p = x / n and z the normal quantile, its ends solve (p - q)² = z² q (1 - q) / n for q:

        (p + z²/2n ± z sqrt(p (1 - p) / n + z²/4n²)) / (1 + z²/n)

    It stays within 0 and 1, and has width where all or none succeeded.

    Sources: Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22:209-212;
    recommended by Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, Statistical
    Science 16:101-133.
    """
    _require_count(count)
    if not 0 <= successes <= count:
        raise EngineError(f"{successes} of {count} cannot have completed it: give a number from 0 to {count}.")
    if count == 1:
        return None
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    share, spread = successes / count, z * z / count
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    # Where none or all succeeded an end is exactly 0 or 1, which the floats miss by a hair.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == count else min(1.0, centre + half)
    return low, high


def mean_interval(
    mean: float,
    deviation: float,
    count: int,
    *,
    scale: tuple[float, float] = SCALE,
    confidence: float = CONFIDENCE,
) -> tuple[float, float] | None:
    """Return the interval of a mean on a scale; None of a single answer, which says nothing of the spread.

    Student's: mean ± t deviation / sqrt(n), t the quantile with n - 1 degrees of freedom, clipped to the scale.
    Where all answered alike the deviation is 0 and would feign certainty; then the interval is where the mean could
    lie if as many others as Wilson's interval allows for 0 of n had answered from the scale's other ends.

    Source: Student (1908), The probable error of a mean, Biometrika 6:1-25.
    """
    _require_count(count)
    least, most = scale
    if not least <= mean <= most:
        raise EngineError(f"A mean of {mean:g} lies outside the scale: answers are from {least:g} to {most:g}.")
    if not 0 <= deviation <= _widest(count, most - least) * (1 + 1e-9):
        raise EngineError(
            f"{count} answers from {least:g} to {most:g} cannot have a standard deviation of {deviation:g}: it is from "
            f"0 to {_widest(count, most - least):.4g}."
        )
    if count == 1:
        return None
    if deviation == 0:
        unheard = (share_interval(0, count, confidence=confidence) or (0.0, 1.0))[1]
        return mean - unheard * (mean - least), mean + unheard * (most - mean)
    from scipy.special import stdtrit

    half = float(stdtrit(count - 1, (1 + confidence) / 2)) * deviation / sqrt(count)
    return max(least, mean - half), min(most, mean + half)


def _widest(count: int, width: float) -> float:
    """Return the largest standard deviation that so many answers can have: half of them at each end of the scale."""
    low = count // 2
    return width * sqrt(low * (count - low) / count / (count - 1)) if count > 1 else 0.0


def _require_count(count: int) -> None:
    if count < 1:
        raise EngineError(f"{count} answers make no score; it takes at least one.")
