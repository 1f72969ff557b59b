"""What is drawn of a journey: its row of steps, and where people leave it."""

from collections.abc import Sequence
from dataclasses import dataclass

from portfolio.common import charts, formats
from products.health.journey_reading import DropOff, Going, Walk

WIDTH, HEIGHT, MARGIN = 180, 18, 8  #: of the picture of a range


@dataclass(frozen=True)
class Strip:
    """How often a step was there, with its range, beside how often it has to be, as places on one scale."""

    low: float
    mid: float
    high: float
    budget: float | None
    words: str
    is_met: bool | None
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def middle(self) -> float:
        """Halfway down."""
        return self.height / 2


@dataclass(frozen=True)
class Drawn:
    """A step as it is drawn."""

    going: Going
    strip: Strip | None


def steps(walk: Walk) -> list[Drawn]:
    """Return the steps of a journey, all on one scale: from the worst of them, or the lowest budget, to always."""
    lows = [one.availability.range[0] for one in walk.steps if one.availability]
    budgets = [float(one.step.availability) for one in walk.steps if one.step.availability is not None]
    bottom = min([*lows, *budgets], default=0.0)

    def place(share: float) -> float:
        part = (share - bottom) / (1 - bottom) if bottom < 1 else 1.0
        return round(MARGIN + part * (WIDTH - 2 * MARGIN), 1)

    return [Drawn(one, _strip(one, place)) for one in walk.steps]


def _strip(one: Going, place) -> Strip | None:
    if one.availability is None:
        return None
    low, high = one.availability.range
    share, budget = one.availability.share, one.step.availability
    words = (
        f"There {formats.share(share, 3)} of the time, 90 % range {formats.share(low, 3)} to {formats.share(high, 3)}"
    )
    if budget is not None:
        words += f"; it has to be {formats.share(budget, 3)}"
    return Strip(
        place(low), place(share), place(high), None if budget is None else place(float(budget)), words,
        one.meets_availability,
    )  # fmt: skip


def drop_off(walk: Walk) -> charts.Chart | None:
    """Return how many begin each step, and how many complete the last; None where nobody was counted."""
    left: DropOff = walk.drop_off
    if not left.months:
        return None
    labels = [*(_label(one) for one in walk.steps), "Completed the journey"]
    counts: Sequence[float] = [*(float(step.entered) for step in left.steps), float(left.completed)]
    first, last = (formats.month_name(left.months[place]) for place in (0, -1))
    when = first if first == last else f"{first} to {last}"
    return charts.bars(
        labels,
        counts,
        title="Who begins each step",
        summary=f"{formats.quantity(left.began)} began it and {formats.quantity(left.completed)} completed it, {when}.",
        heading="Step",
        measure="Began it",
    )


def _label(one: Going) -> str:
    return f"{one.step.position}. {one.step.name}"


# -- in a few figures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """One of the figures that a journey's page begins with."""

    label: str
    figure: str
    note: str
    href: str = ""


def key_figures(walk: Walk) -> list[Figure]:
    """Return what a journey comes to, at a glance."""
    return [_worked(walk), _takes(walk), _completed(walk), _left(walk)]


def _worked(walk: Walk) -> Figure:
    if walk.availability is None or walk.availability_range is None:
        return Figure("Worked", formats.NONE, "none of its services is measured yet", "#budgets")
    low, high = walk.availability_range
    note = f"90 % range {formats.share(low, 2)} to {formats.share(high, 2)}"
    if walk.unmeasured:
        return Figure(
            "Worked at most", formats.share(walk.availability, 2), f"{len(walk.unmeasured)} steps are not measured",
            "#budgets",
        )  # fmt: skip
    if walk.journey.availability is not None:
        note += f"; has to work {formats.share(walk.journey.availability, 2)}"
    return Figure("Worked", formats.share(walk.availability, 2), note, "#budgets")


def _takes(walk: Walk) -> Figure:
    if walk.bound is None:
        return Figure("Takes at most", formats.NONE, "not every step is timed", "#budgets")
    note = f"for at least {formats.share(walk.bound.share, 1)} of customers"
    if walk.journey.response_ms is not None:
        note += f"; may take {formats.quantity(walk.journey.response_ms)} ms"
    return Figure("Takes at most", f"{formats.quantity(round(walk.bound.milliseconds))} ms", note, "#budgets")


def _completed(walk: Walk) -> Figure:
    left = walk.drop_off
    if not left.began:
        return Figure("Complete it", formats.NONE, "nobody was counted yet", "#drop-off")
    note = f"{formats.quantity(left.completed)} of {formats.quantity(left.began)} in {len(left.months)} months"
    return Figure("Complete it", formats.share(left.completed / left.began, 1), note, "#drop-off")


def _left(walk: Walk) -> Figure:
    costs = walk.drop_off.costs
    if not costs or not walk.drop_off.months:
        return Figure("Lost with those who leave", formats.NONE, "nobody says what one is worth", "#drop-off")
    one = costs[0]
    low, high = formats.money_short(one.low, one.currency), formats.money_short(one.high, one.currency)
    return Figure(
        "Lost with those who leave", formats.money_short(one.amount, one.currency), f"{low} to {high}", "#drop-off"
    )
