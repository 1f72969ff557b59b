"""Looking back: what a decision was predicted to bring, beside what it did bring, with two effects told apart.

A prediction is due on the day after its last month, and is looked at once, when all of its months have figures. Beside
the outcome stand two parts of it that have nothing to do with the money: what corrections of the figures that it was
predicted from explain, and what a network that changed meanwhile explains. See docs/decisions.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import structlog
from django.utils import timezone
from numpy.typing import NDArray

from portfolio.common import formats
from portfolio.common.models import StaleMark
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, month_of, month_range, parse_month, today
from portfolio.engine.errors import EngineError
from portfolio.engine.flows import trace
from portfolio.engine.scoring import interval_scores
from portfolio.rebalance.basis import Basis, basis
from portfolio.rebalance.models import Decision, Measure, Prediction, Status
from portfolio.rebalance.predictions import QUANTITY
from portfolio.rollup import reading
from portfolio.rollup.models import BlockedMonth, SolvedMonth
from portfolio.rollup.panel import COST, CREDITED, VALUE, Panel, stored_panel
from products.catalog.models import Product, ValueStream

log = structlog.get_logger(__name__)

Floats = NDArray[np.float64]


def check_due(on: date | None = None) -> list[Prediction]:
    """Look at every prediction that is due on a day, today by default, and whose months all have figures.

    Returns those that were looked at. Repeating it finds none of them again: each is written where it was not yet.
    Predictions of months after their decision was reverted are never looked at.
    """
    day = on or today()
    due = Prediction.objects.due(add_months(month_of(day), -1)).select_related("decision__value_stream", "metric")
    by_decision: dict[int, list[Prediction]] = {}
    for row in due.order_by("decision", "pk"):
        by_decision.setdefault(row.decision_id, []).append(row)
    done = []
    for rows in by_decision.values():
        done += _look_at(rows[0].decision, rows)
    log.info("looked back", on=f"{day}", due=sum(map(len, by_decision.values())), checked=len(done))
    return done


def _look_at(decision: Decision, rows: Sequence[Prediction]) -> list[Prediction]:
    ended = reverted_on(decision)
    done = []
    spans = sorted({(row.first_month, row.last_month) for row in rows})
    for first, last in spans:
        if (ended and ended <= last) or not has_figures(first, last):
            continue
        then = _Then(decision)
        now = _Outcome(decision, stored_panel(month_range(first, last)), then)
        for row in rows:
            if (row.first_month, row.last_month) == (first, last) and now.fill(row):
                done.append(row)
    return [row for row in done if _write(row)]


def _write(row: Prediction) -> bool:
    """Write an outcome unless somebody else did."""
    columns = ("outcome", "by_correction", "by_network", "score", "checked_at")
    row.checked_at = timezone.now()
    found = {name: getattr(row, name) for name in columns}
    return bool(Prediction.objects.filter(pk=row.pk, checked_at=None).update(**found))


def reverted_on(decision: Decision) -> date | None:
    """Return the day from which a decision was taken back; None where it was not."""
    if decision.status != Status.REVERTED:
        return None
    applied = decision.reverted_by.filter(status__in=[Status.APPLIED, Status.REVERTED])
    return applied.values_list("starts", flat=True).first()


def has_figures(first: date, last: date) -> bool:
    """Return whether all months have been worked out, and none of them is blocked or waits to be worked out again."""
    months = list(month_range(first, last))
    solved = SolvedMonth.objects.filter(month__in=months, has_products=True, is_due=False).count()
    return (
        solved == len(months)
        and not BlockedMonth.objects.filter(month__in=months).exists()
        and not StaleMark.objects.filter(month__range=(first, last)).exists()
    )


class _Then:
    """The window that a decision was predicted from: as it was known then, and as it is known now."""

    def __init__(self, decision: Decision):
        self.base = decision.frozen.get("base", {})
        window = decision.frozen["window"]
        first, last = parse_month(window["first"]), parse_month(window["last"])
        self.panel = stored_panel(month_range(first, last))
        self.on: Basis | None = basis(on=decision.starts, asked=reading.asked(first=first, last=last))

    def part_corrected(self, row: Prediction, places: NDArray[np.intp]) -> float | None:
        """Return by what part the figure that a prediction started from was corrected since."""
        if row.metric_id is not None:
            was = self.base.get("metrics", {}).get(str(row.metric_id))
            found = metric_months(self.panel, row.metric_id)
            now = float(np.mean(found)) if found else None
        else:
            kept = self.base.get("whole") if row.product_id is None else self.base["products"].get(str(row.product_id))
            months = 100 * len(self.panel.months)
            sums = self.panel.data[:, places].sum(axis=(0, 1)) / months
            was, now = (_figure(row, kept["cost"], kept["value"]) if kept else None), None
            now = _figure(row, float(sums[COST]), float(sums[CREDITED]))
        return None if was is None or now is None or was == 0 else now / was - 1


def _figure(row: Prediction, cost: float, value: float) -> float | None:
    if row.measure == Measure.VALUE:
        return value
    return value / cost if cost > 0 else None


class _Outcome:
    """What some months came to, and what they would have come to in the network of the window before."""

    def __init__(self, decision: Decision, panel: Panel, then: _Then):
        self.panel, self.then = panel, then
        below = ValueStream.objects.subtree([decision.value_stream_id]) if decision.value_stream_id else None
        self.scope = below
        self.instead = _in_network(panel, then.on) if then.on is not None else None

    def places(self, row: Prediction, panel: Panel) -> NDArray[np.intp]:
        """Return where the products that a prediction is of stand in a panel."""
        if row.product_id is not None:
            return np.flatnonzero(panel.products == row.product_id)
        if self.scope is None:
            return np.arange(len(panel.products))
        inside = Product.objects.filter(value_stream__in=self.scope).values_list("pk", flat=True)
        return np.flatnonzero(np.isin(panel.products, list(inside)))

    def fill(self, row: Prediction) -> bool:
        """Write what came of it into a prediction; False where facts are missing still."""
        places = self.places(row, self.panel)
        part = self.then.part_corrected(row, self.places(row, self.then.panel))
        outcome, instead = self._of_metric(row) if row.metric_id is not None else self._of_money(row, places)
        if outcome is None:
            return False
        row.outcome = outcome
        row.by_network = None if instead is None else outcome - instead
        row.by_correction = None if part is None else part * row.middle
        row.score = float(interval_scores([row.low], [row.high], [outcome])[0])
        return True

    def _of_metric(self, row: Prediction) -> tuple[float | None, float | None]:
        assert row.metric is not None
        found = metric_months(self.panel, row.metric.pk)
        # A month without an observation has a figure too: nothing, or the level last seen.
        is_seen = row.metric.observations.known().filter(ends__gt=row.last_month).exists()
        if len(found) < len(self.panel.months) or not is_seen:
            return None, None
        outcome = float(np.mean(found) if row.metric.is_level else np.sum(found))
        return outcome, outcome  # the network says who is credited; what customers got is what it is

    def _of_money(self, row: Prediction, places: NDArray[np.intp]) -> tuple[float | None, float | None]:
        months = self.panel.data[:, places].sum(axis=1)
        # A month in which nothing was spent and nothing came is one whose facts have not arrived.
        if not len(places) or not (months[:, [COST, VALUE, CREDITED]] != 0).any(axis=1).all():
            return None, None
        cost, value = float(months[:, COST].sum()) / 100, float(months[:, CREDITED].sum()) / 100
        instead = None if self.instead is None else float(self.instead[places].sum()) / 100
        if row.measure == Measure.VALUE:
            return value, instead
        if cost <= 0:
            return None, None
        return value / cost, None if instead is None else instead / cost


def _in_network(panel: Panel, on: Basis) -> Floats | None:
    """Return the value credited over some months had everyone pulled as in the window before, in cents, (P,)."""
    from scipy.sparse import csr_array

    size = len(panel.products)
    entries = on.shares.tocoo()
    at = np.searchsorted(panel.products, on.products)
    at = np.minimum(at, max(size - 1, 0))
    is_there = panel.products[at] == on.products if size else np.zeros(len(at), np.bool_)
    keep = is_there[entries.row] & is_there[entries.col]
    pairs = (at[entries.row[keep]], at[entries.col[keep]])
    shares = csr_array((entries.data[keep], pairs), shape=(size, size))
    credited = np.zeros(size)
    try:
        for month in panel.data.astype(np.float64):
            credited += trace(month[:, COST], month[:, VALUE], shares).credited_value
    except EngineError as error:
        log.info("network of the window before has no solution for these months", message=str(error))
        return None
    return credited


def metric_months(panel: Panel, metric: int) -> list[float]:
    """Return what a metric came to in each month of a panel that has it."""
    found = []
    for month in panel.months:
        known = panel.inputs.get(month)
        if known is None:
            continue
        at = np.flatnonzero(known.measured.ids == metric)
        found += [int(quantity) / QUANTITY for quantity in known.measured.quantity[at]]
    return found


# -- In words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A prediction for readers: how it is written, and what came of it, in sentences."""

    row: Prediction
    middle: str
    low: str
    high: str
    unchanged: str
    outcome: str
    sentences: tuple[str, ...]


def figure(row: Prediction, value: float | None) -> str:
    """Return a figure of what is predicted, as it is written."""
    if row.measure == Measure.VALUE:
        return formats.money_short(value, base_currency())
    if row.measure == Measure.RATIO:
        return formats.ratio(value)
    return formats.quantity_short(value)


def tell(row: Prediction) -> Told:
    """Return a prediction for readers."""
    written = {name: figure(row, getattr(row, name)) for name in ("middle", "low", "high", "unchanged", "outcome")}
    return Told(row=row, sentences=tuple(_sentences(row)), **written)


def _sentences(row: Prediction) -> Iterable[str]:
    if row.outcome is None:
        yield f"It will be looked at on {formats.day_name(row.due_on)}, or once its months have figures."
        return
    came = figure(row, row.outcome)
    span = f"{figure(row, row.low)} to {figure(row, row.high)}"
    if row.is_inside:
        yield f"It came to {came}, inside the range of {span}."
    else:
        side = "below" if row.outcome < row.low else "above"
        yield f"It came to {came}, {side} the range of {span}."
    for part, cause in (
        (row.by_correction, "Figures that it was predicted from were corrected or completed since"),
        (row.by_network, "Who pulls what from whom changed"),
    ):
        if part is not None and is_worth_telling(row, part):
            yield f"{cause}: that explains {_signed(row, part)} of it."
    left = row.outcome - row.middle - (row.by_correction or 0) - (row.by_network or 0)
    if is_worth_telling(row, left):
        yield f"{_signed(row, left)} against what was expected is left, which neither of these explains."


def is_worth_telling(row: Prediction, part: float) -> bool:
    """Return whether a part of an outcome is large enough to be seen in how it is written."""
    return abs(part) > 1e-3 * max(abs(row.middle), abs(row.outcome or 0.0), 1e-9)


def _signed(row: Prediction, part: float) -> str:
    return f"{'+' if part > 0 else formats.MINUS}{figure(row, abs(part))}"
