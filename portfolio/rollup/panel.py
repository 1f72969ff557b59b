"""Figures by month and product, as arrays: what standings are summed up from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from portfolio.engine.errors import EngineError
from portfolio.rollup.closed import closed_through, frozen, late_known, opens_after
from portfolio.rollup.facts import Knowledge, MissingRate
from portfolio.rollup.inputs import Cents, Inputs
from portfolio.rollup.late import with_late
from portfolio.rollup.models import BlockedMonth
from portfolio.rollup.snapshots import Results, read_inputs, solve, solved_months

COST, VALUE, LOADED, REACHED, CREDITED, MEASURED, ESTIMATED = range(7)
COLUMNS = (
    "direct_cost",
    "own_value",
    "loaded_cost",
    "reached_value",
    "credited_value",
    "measured_value",
    "estimated_value",
)


@dataclass
class Panel:
    """Figures by month and product, in cents: `data` has shape (M months, P products, 7 columns)."""

    months: list[date]
    products: NDArray[np.int64]  #: (P,) ids, ascending
    data: Cents
    inputs: dict[date, Inputs] = field(default_factory=dict)
    blocked: dict[date, str] = field(default_factory=dict)

    def total(self, first: date, last: date) -> Cents:
        """Return the sums over the months from `first` to `last`, (P, 7)."""
        chosen = [place for place, month in enumerate(self.months) if first <= month <= last]
        return self.data[chosen].sum(axis=0)

    def positions(self, known: Inputs) -> NDArray[np.intp]:
        """Return where the products of a month stand in the panel's."""
        return np.searchsorted(self.products, known.products)


def stored_panel(months: Iterable[date]) -> Panel:
    """Return what the roll-up stored for some months, with what each was solved from."""
    wanted = sorted(set(months))
    solved = solved_months(wanted)
    return panel_of(
        {month: (one.inputs, one.results) for month, one in solved.items()},
        dict(BlockedMonth.objects.filter(month__in=wanted).values_list("month", "message")),
    )


def fresh_panel(months: Iterable[date], knowledge: Knowledge) -> Panel:
    """Return the figures of some months worked out anew from the facts that count as known.

    A month that was closed then has the figures it was closed with, and the first open one what had come late.
    """
    return panel_of(*fresh_months(months, knowledge))


def fresh_months(
    months: Iterable[date], knowledge: Knowledge
) -> tuple[dict[date, tuple[Inputs | None, Results | None]], dict[date, str]]:
    """Return what `panel_of` takes: facts and results of each month, and why some have none."""
    wanted = sorted(set(months))
    blocked: dict[date, str] = {}
    through = closed_through(knowledge)
    closed = [month for month in wanted if through is not None and month <= through]
    stands = frozen(closed, knowledge)
    solved: dict[date, tuple[Inputs | None, Results | None]] = {
        month: (was.inputs, was.results) for month, was in stands.items()
    }
    read = _read([month for month in wanted if month not in stands], knowledge, blocked)
    if through is not None and (opens := opens_after(through)) in read:
        try:
            read[opens] = with_late(read[opens], late_known(through, knowledge))
        except MissingRate as error:
            blocked[opens] = f"What is late for closed months cannot be read. {error}"
            del read[opens]
    for month in wanted:
        if month in stands:
            continue
        inputs, results = read.get(month), None
        if inputs is not None:
            try:
                results = solve(inputs)
            except EngineError as error:
                blocked[month] = str(error)
        solved[month] = (inputs, results)
    return solved, blocked


def _read(months: list[date], knowledge: Knowledge, blocked: dict[date, str]) -> dict[date, Inputs]:
    """Return the facts of the months, read together; where one cannot be read, each by itself."""
    try:
        return {month: read.inputs for month, read in read_inputs(months, knowledge, None).items()}
    except MissingRate as error:
        if len(months) == 1:
            blocked[months[0]] = str(error)
            return {}
        return {month: inputs for one in months for month, inputs in _read([one], knowledge, blocked).items()}


def panel_of(solved: Mapping[date, tuple[Inputs | None, Results | None]], blocked: dict[date, str]) -> Panel:
    """Return months, in order, as one panel; a month that could not be read has no figures, nor inputs."""
    inputs = {month: known for month, (known, _) in solved.items() if known is not None}
    products = np.unique(np.concatenate([np.empty(0, np.int64), *(known.products for known in inputs.values())]))
    data = np.zeros((len(solved), len(products), len(COLUMNS)), np.int64)
    for place, (known, results) in enumerate(solved.values()):
        if known is None:
            continue
        at = np.searchsorted(products, known.products)
        data[place, at, COST], data[place, at, VALUE] = known.cost, known.value
        if results is not None:
            data[place, at, LOADED], data[place, at, REACHED] = results.loaded, results.reached
            data[place, at, CREDITED] = results.credited
            data[place, at, MEASURED:] = results.credited_graded
    return Panel(list(solved), products, data, inputs, blocked)
