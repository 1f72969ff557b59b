"""The numbers of the small pictures that stand in tables: ranges, trends and bars.

Plain geometry in the units of the SVG's own view box; no markup and no Django. A picture that
has nothing to show is None.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# A range of value per unit of money is drawn on a logarithmic scale: twice and half are equally
# far from break-even, which stands in the middle.
INTERVAL_WIDTH, INTERVAL_HEIGHT, INTERVAL_MARGIN = 180.0, 18.0, 8.0
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 96.0, 24.0, 3.0


def finite(value: object) -> float | None:
    """Return a float, or None for None, NaN, infinity and what is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def standing(low: float | None, mid: float | None, high: float | None, *, centre: float = 1.0) -> str:
    """Return `up` when the whole range is above the centre, `down` when below, else `even`.

    A figure without a range is judged by itself.
    """
    lowest = low if low is not None else mid
    highest = high if high is not None else mid
    if lowest is None or highest is None:
        return "even"
    return "up" if lowest > centre else "down" if highest < centre else "even"


def log_position(
    value: float, scale_max: float, *, width: float = INTERVAL_WIDTH, margin: float = INTERVAL_MARGIN
) -> float:
    """Return where a ratio stands on the scale from 1/scale_max to scale_max, held to its ends."""
    if value <= 0:
        return margin
    part = 0.5 + 0.5 * math.log(value) / math.log(scale_max)
    return round(margin + min(1.0, max(0.0, part)) * (width - 2 * margin), 1)


@dataclass(frozen=True)
class Interval:
    """A range against break-even; `cut_low` and `cut_high` say that it goes on past the scale's end."""

    standing: str
    one: float
    low: float | None
    mid: float | None
    high: float | None
    cut_low: bool
    cut_high: bool
    width: float = INTERVAL_WIDTH
    height: float = INTERVAL_HEIGHT

    @property
    def middle(self) -> float:
        return self.height / 2

    @property
    def arrow_low(self) -> str:
        return f"{self.low + 5:g},{self.middle - 4:g} {self.low:g},{self.middle:g} {self.low + 5:g},{self.middle + 4:g}"

    @property
    def arrow_high(self) -> str:
        return (
            f"{self.high - 5:g},{self.middle - 4:g} {self.high:g},{self.middle:g} {self.high - 5:g},{self.middle + 4:g}"
        )


def interval(low: object, mid: object, high: object, scale_max: float = 8.0) -> Interval | None:
    """Place a range and its expected value on a log scale from 1/scale_max to scale_max around 1.

    Zero and negative figures, which have no place on such a scale, stand at its left end, marked
    as cut. Raises ValueError where `scale_max` is not above 1.
    """
    if not scale_max > 1:
        raise ValueError(f"The scale of an interval must end above 1, its centre; it was {scale_max}.")
    low, mid, high = finite(low), finite(mid), finite(high)
    if mid is None and (low is None or high is None):
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low

    def place(value):
        return None if value is None else log_position(value, scale_max)

    return Interval(
        standing=standing(low, mid, high),
        one=place(1.0),
        low=place(low),
        mid=place(mid),
        high=place(high),
        cut_low=low is not None and low < 1 / scale_max,
        cut_high=high is not None and high > scale_max,
    )


def interval_ticks(scale_max: float = 8.0) -> list[tuple[float, str]]:
    """Return the positions and labels of an interval scale's powers of two, every other one if crowded."""
    top = int(math.log2(scale_max))
    step = 1 if top <= 2 else math.ceil(top / 2)
    powers = sorted({0, *range(step, top + 1, step), *(-p for p in range(step, top + 1, step))})
    return [
        (
            log_position(2.0**power, scale_max),
            f"{2.0**power:g}".removeprefix("0") if power < 0 else f"{2**power}",
        )
        for power in powers
    ]


@dataclass(frozen=True)
class Sparkline:
    """Runs of points (months without a figure break the line), its last point, and a level to compare with."""

    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    last: tuple[float, float]
    reference: float | None
    width: float = SPARK_WIDTH
    height: float = SPARK_HEIGHT


def sparkline(values: Sequence[object], reference: object = None) -> Sparkline | None:
    """Scale a series to the box of a sparkline; the reference is shown only where the series reaches it."""
    numbers = [finite(value) for value in values]
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    left, right = SPARK_MARGIN, SPARK_WIDTH - SPARK_MARGIN
    top, bottom = SPARK_MARGIN, SPARK_HEIGHT - SPARK_MARGIN
    step = (right - left) / max(1, len(numbers) - 1)
    # Halves, so that the span of two huge numbers does not overflow.
    span = high / 2 - low / 2

    def height_of(number):
        if span <= 0:
            return (top + bottom) / 2
        return round(bottom - (number / 2 - low / 2) / span * (bottom - top), 1)

    runs, dots, run = [], [], []
    last = None
    for index, number in enumerate([*numbers, None]):
        if number is None:
            if len(run) == 1:
                dots.append(run[0])
            elif run:
                runs.append(" ".join(f"{x:g},{y:g}" for x, y in run))
            run = []
            continue
        last = (round(left + index * step, 1), height_of(number))
        run.append(last)
    level = finite(reference)
    inside = level is not None and low <= level <= high and span > 0
    return Sparkline(tuple(runs), tuple(dots), last, height_of(level) if inside else None)


def bar(value: object, scale_max: object, *, width: float = 100.0) -> float | None:
    """Return the length of a bar, held between nothing and `width`; None without a figure or a scale."""
    number, top = finite(value), finite(scale_max)
    if number is None or not top or top <= 0:
        return None
    return round(min(1.0, max(0.0, number / top)) * width, 1)
