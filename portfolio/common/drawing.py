"""The numbers of the small pictures that stand in tables: ranges, trends and bars.

Plain geometry in the units of the SVG's own view box; no markup and no Django. A picture that
has nothing to show is None.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# A range of value per unit of money is drawn on a logarithmic scale: twice and half are equally
# far from break-even, which stands in the middle.
INTERVAL_WIDTH, INTERVAL_HEIGHT, INTERVAL_MARGIN = 180, 18, 8
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 96, 24, 3


def finite(value: object) -> float | None:
    """Return a float, or None for None, NaN, infinity and what is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises TypeError
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
    """A range against break-even; an arrow, as the points of a line, says that it goes on past the scale's end."""

    standing: str
    one: float
    low: float | None
    mid: float | None
    high: float | None
    arrow_low: str = ""
    arrow_high: str = ""
    width: int = INTERVAL_WIDTH
    height: int = INTERVAL_HEIGHT

    @property
    def middle(self) -> float:
        return self.height / 2


def _arrow(tip: float, towards: int) -> str:
    back, middle = tip - towards * 5, INTERVAL_HEIGHT / 2
    return f"{back:g},{middle - 4:g} {tip:g},{middle:g} {back:g},{middle + 4:g}"


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

    def place(value: float | None) -> float | None:
        return None if value is None else log_position(value, scale_max)

    return Interval(
        standing=standing(low, mid, high),
        one=log_position(1.0, scale_max),
        low=place(low),
        mid=place(mid),
        high=place(high),
        arrow_low=_arrow(INTERVAL_MARGIN, -1) if low is not None and low < 1 / scale_max else "",
        arrow_high=_arrow(INTERVAL_WIDTH - INTERVAL_MARGIN, 1) if high is not None and high > scale_max else "",
    )


def interval_ticks(scale_max: float = 8.0) -> list[tuple[float, str]]:
    """Return the positions and labels of an interval scale's powers of two: ⅛ ¼ ½ 1 2 4 8, fewer if crowded."""
    top = int(math.log2(scale_max))
    step = math.ceil(top / 3) or 1
    powers = sorted({0, *range(step, top + 1, step), *(-power for power in range(step, top + 1, step))})
    fractions = {-1: "½", -2: "¼", -3: "⅛"}
    return [
        (log_position(2.0**power, scale_max), str(2**power) if power >= 0 else fractions.get(power, f"1/{2**-power}"))
        for power in powers
    ]


@dataclass(frozen=True)
class Sparkline:
    """Runs of points (months without a figure break the line), its last point, and a level to compare with."""

    runs: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    last: tuple[float, float]
    reference: float | None
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT


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

    def height_of(number: float) -> float:
        if span <= 0:
            return (top + bottom) / 2
        return round(bottom - (number / 2 - low / 2) / span * (bottom - top), 1)

    runs: list[str] = []
    dots: list[tuple[float, float]] = []
    run: list[tuple[float, float]] = []
    last = (0.0, 0.0)  # replaced below: at least one figure is known
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
    within = height_of(level) if level is not None and low <= level <= high and span > 0 else None
    return Sparkline(tuple(runs), tuple(dots), last, within)


def bar(value: object, scale_max: object, *, width: float = 100.0) -> float | None:
    """Return the length of a bar, held between nothing and `width`; None without a figure or a scale."""
    number, top = finite(value), finite(scale_max)
    if number is None or not top or top <= 0:
        return None
    return round(min(1.0, max(0.0, number / top)) * width, 1)


# -- Series over time, before a chart library has come ------------------------------------------------------------

TREND_SIZE = 1000  # of the box, which is stretched to the room there is


@dataclass(frozen=True)
class Trend:
    """Series over one scale, as the points of polylines and polygons in a box of `TREND_SIZE`, and its labels."""

    lines: tuple[tuple[str, str], ...]  #: (kind, points) of each unbroken run
    bands: tuple[str, ...]
    levels: tuple[float, ...]  #: heights of the ticks, from the top
    ticks: tuple[str, ...]  #: their labels, from the top
    dates: tuple[str, ...]  #: labels under it, evenly spaced
    size: int = TREND_SIZE


def trend(
    series: Sequence[tuple[str, Sequence[object]]],
    band: tuple[Sequence[object], Sequence[object]] | None,
    ticks: Sequence[tuple[float, str]],
    dates: Sequence[str],
) -> Trend | None:
    """Place named series, and a band between two, between the lowest and the highest of `ticks`; None without any.

    Ticks are evenly spaced and ascend. Points without a figure break a line, and a band.
    """
    if len(ticks) < 2 or not series:
        return None
    low, high = ticks[0][0], ticks[-1][0]
    count = len(series[0][1])
    step = TREND_SIZE / max(1, count - 1)

    def height(amount: float) -> float:
        return round(TREND_SIZE * (1 - (amount - low) / (high - low)), 1)

    def runs(rows: Sequence[tuple[float | None, ...]]) -> list[list[tuple[float, tuple[float, ...]]]]:
        found: list[list[tuple[float, tuple[float, ...]]]] = [[]]
        for place, row in enumerate(rows):
            known = tuple(height(amount) for amount in row if amount is not None)
            if len(known) == len(row):
                found[-1].append((round(place * step, 1), known))
            elif found[-1]:
                found.append([])
        return [run for run in found if len(run) > 1]

    lines = [
        (kind, " ".join(f"{x:g},{y:g}" for x, (y,) in run))
        for kind, values in series
        for run in runs([(finite(value),) for value in values])
    ]
    bands = []
    if band:
        for run in runs([(finite(least), finite(most)) for least, most in zip(*band, strict=True)]):
            edge = [(x, bottom) for x, (bottom, _) in run] + [(x, top) for x, (_, top) in reversed(run)]
            bands.append(" ".join(f"{x:g},{y:g}" for x, y in edge))
    down = tuple(reversed(ticks))
    return Trend(
        tuple(lines),
        tuple(bands),
        tuple(height(amount) for amount, _ in down),
        tuple(text for _, text in down),
        tuple(dates),
    )


# -- A product among its neighbours -----------------------------------------------------------------

FLOWS_WIDTH = 960
LEFT, CENTRE, RIGHT = 268, 474, 682  # where the bars begin
BAR = 10
THICKEST, THINNEST = 250.0, 1.5  # of all strands at one side of the centre, and of one strand
ROW, GAP, TOP = 34.0, 8.0, 34.0


@dataclass(frozen=True)
class Neighbour:
    """A product next to another: the cost that flows one way between them and the value the other way."""

    label: str
    cost: float
    value: float
    url: str = ""


@dataclass(frozen=True)
class Strand:
    """A ribbon between a neighbour and the centre; `kind` is cost or value."""

    kind: str
    path: str


@dataclass(frozen=True)
class Place:
    """A neighbour where it is drawn: the bars of its two strands as (kind, y, height), and its middle."""

    neighbour: Neighbour
    side: str
    x: float
    text_x: float
    middle: float
    bars: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Flows:
    """Cost and value between a product and its neighbours, on one scale, in an SVG's units."""

    places: tuple[Place, ...]
    strands: tuple[Strand, ...]
    centre_y: float
    centre_height: float
    height: float
    width: int = FLOWS_WIDTH
    centre_x: int = CENTRE
    bar: int = BAR

    @property
    def centre_middle(self) -> float:
        return self.centre_x + self.bar / 2


def largest(neighbours: Sequence[Neighbour], most: int) -> list[Neighbour]:
    """Return the neighbours by size, the smallest taken together where there are more than `most`."""
    ordered = sorted(neighbours, key=lambda one: -((finite(one.cost) or 0) + (finite(one.value) or 0)))
    if len(ordered) <= most:
        return ordered
    rest = ordered[most - 1 :]
    together = Neighbour(
        f"{len(rest)} smaller ones",
        sum(finite(one.cost) or 0 for one in rest),
        sum(finite(one.value) or 0 for one in rest),
    )
    return [*ordered[: most - 1], together]


def _ribbon(x0: float, y0: float, x1: float, y1: float, thickness: float) -> str:
    bend = (x0 + x1) / 2
    low0, low1 = y0 + thickness, y1 + thickness
    return (
        f"M{x0:g},{y0:.1f}C{bend:g},{y0:.1f} {bend:g},{y1:.1f} {x1:g},{y1:.1f}"
        f"V{low1:.1f}C{bend:g},{low1:.1f} {bend:g},{low0:.1f} {x0:g},{low0:.1f}Z"
    )


def flows(left: Sequence[Neighbour], right: Sequence[Neighbour], most: int = 10) -> Flows | None:
    """Draw neighbours as pairs of strands into one product: cost above, value below, never crossing.

    Both sides and both kinds share one scale, so a value strand twice as thick as the cost strand
    beside it is two for one. Negative amounts have no thickness. None where there is nothing to draw.
    """
    sides = {"left": largest(left, most), "right": largest(right, most)}

    def amounts(one):
        return [(kind, max(0.0, finite(getattr(one, kind)) or 0.0)) for kind in ("cost", "value")]

    totals = [sum(amount for one in side for _, amount in amounts(one)) for side in sides.values()]
    if not max(totals):
        return None
    scale = THICKEST / max(totals)

    def bands(one):
        return [(kind, max(THINNEST, amount * scale)) for kind, amount in amounts(one) if amount]

    inner = {name: sum(thick for one in side for _, thick in bands(one)) for name, side in sides.items()}
    outer = {
        name: sum(max(ROW, sum(thick for _, thick in bands(one))) + GAP for one in side) for name, side in sides.items()
    }
    body = max(*inner.values(), *outer.values())
    places, strands = [], []
    for name, side in sides.items():
        x = LEFT if name == "left" else RIGHT
        y, centre_y = TOP, TOP
        for one in side:
            pair = bands(one)
            own = sum(thick for _, thick in pair)
            room = max(ROW, own)
            at = y + (room - own) / 2
            drawn = []
            for kind, thick in pair:
                drawn.append((kind, round(at, 1), round(thick, 1)))
                if name == "left":
                    path = _ribbon(LEFT + BAR, at, CENTRE, centre_y, thick)
                else:
                    path = _ribbon(CENTRE + BAR, centre_y, RIGHT, at, thick)
                strands.append(Strand(kind, path))
                at += thick
                centre_y += thick
            places.append(
                Place(one, name, x, x - 8 if name == "left" else x + BAR + 8, round(y + room / 2, 1), tuple(drawn))
            )
            y += room + GAP
    return Flows(tuple(places), tuple(strands), TOP, round(max(inner.values()), 1), round(TOP + body + 6, 1))


# -- What rests on what, in columns -------------------------------------------------------------------

COLUMN, BOX, BOX_HEIGHT, BOX_ROW, HEAD = 240.0, 190.0, 26.0, 34.0, 30.0


@dataclass(frozen=True)
class Box:
    """Something in one of the columns; `stands_out` marks it, and is said in words beside the picture as well."""

    key: str
    label: str
    url: str = ""
    stands_out: bool = False


@dataclass(frozen=True)
class PlacedBox:
    """A box where it is drawn: its left edge and its top."""

    box: Box
    x: float
    y: float

    @property
    def text_x(self) -> float:
        return self.x + 8

    @property
    def middle(self) -> float:
        return round(self.y + BOX_HEIGHT / 2, 1)


@dataclass(frozen=True)
class Columns:
    """Boxes in named columns and the lines between them, in an SVG's units."""

    headings: tuple[tuple[str, float], ...]  #: the words and where they begin
    boxes: tuple[PlacedBox, ...]
    lines: tuple[str, ...]  #: paths
    width: float
    height: float
    box_width: float = BOX
    box_height: float = BOX_HEIGHT


def columns(
    headed: Sequence[tuple[str, Sequence[Box]]], pairs: Sequence[tuple[str, str]], most: int = 40
) -> Columns | None:
    """Place boxes in columns, each column by where the boxes before it are that it is tied to, so that few lines cross.

    `pairs` are keys of boxes, the one further left first; pairs of which a box is missing are left out. Columns
    without a box are left out. None where there is nothing to draw, or where a column has more than `most` boxes.
    """
    shown = [(heading, list(boxes)) for heading, boxes in headed if boxes]
    if not shown or any(len(boxes) > most for _, boxes in shown):
        return None
    before: dict[str, list[str]] = {}
    for left, right in pairs:
        before.setdefault(right, []).append(left)
    tallest = max(len(boxes) for _, boxes in shown)
    places: dict[str, PlacedBox] = {}
    for number, (_, boxes) in enumerate(shown):

        def height_of(box: Box) -> float:
            known = [places[key].y for key in before.get(box.key, ()) if key in places]
            return sum(known) / len(known) if known else math.inf

        ordered = sorted(boxes, key=height_of) if number else boxes  # what is tied to nothing comes last
        top = HEAD + (tallest - len(ordered)) * BOX_ROW / 2
        for row, box in enumerate(ordered):
            places[box.key] = PlacedBox(box, number * COLUMN, round(top + row * BOX_ROW, 1))
    lines = []
    for left, right in dict.fromkeys(pairs):
        if left in places and right in places:
            start, end = places[left], places[right]
            x0, x1 = start.x + BOX, end.x
            bend = (x0 + x1) / 2
            lines.append(
                f"M{x0:g},{start.middle:g}C{bend:g},{start.middle:g} {bend:g},{end.middle:g} {x1:g},{end.middle:g}"
            )
    headings = tuple((heading, number * COLUMN) for number, (heading, _) in enumerate(shown))
    width = (len(shown) - 1) * COLUMN + BOX
    return Columns(headings, tuple(places.values()), tuple(lines), width, round(HEAD + tallest * BOX_ROW, 1))
