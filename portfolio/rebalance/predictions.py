"""What a decision is predicted to bring over 1, 2 and 4 quarters, as 90 % ranges, and what that rests on.

A product's window came to K a month of credited value at the spend x0. At the spend x from the day on, its value in
the t-th month is

    K · (1 + s_t · ((x / x0)^e · n - 1))

with e its elasticity, s_t the part of the step that is effective by then (growth comes over some months, a cut at
once), and n what the network makes of it: suppliers that cost more make their consumers' value theirs in part. Draws
of K (what is known of worths), of e, and of how much months have varied give the range. It is widened by what the
record of its kind of elasticity asks for (`portfolio.rebalance.calibration`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from portfolio.common.months import add_months, month_of, month_range
from portfolio.engine import uncertainty
from portfolio.engine.effects import ramped
from portfolio.rebalance import calibration
from portfolio.rebalance.basis import Basis, basis
from portfolio.rebalance.changes import Change, base_rates
from portfolio.rebalance.effects import Effects, Whole, effects
from portfolio.rebalance.learning import months_before
from portfolio.rebalance.models import Decision, Estimator, Measure, Prediction
from portfolio.rebalance.wandering import Wander, wander
from portfolio.rollup import reading
from portfolio.rollup.models import Run
from portfolio.rollup.panel import CREDITED, Panel, stored_panel
from portfolio.rollup.ranges import DRAWS, SEED
from products.catalog.models import ValueStream
from products.value.models import Metric, Valuation

Floats = NDArray[np.float64]

QUARTERS = (1, 2, 4)
QUANTITY = 10_000  # units of a stored quantity


@dataclass
class Outlook:
    """What is predicted: the rows, and what goes with them."""

    rows: list[Prediction] = field(default_factory=list)
    frozen: dict[str, Any] = field(default_factory=dict)
    run: Run | None = None
    seed: int = SEED


def window_before(starts: date) -> reading.Asked | None:
    """Return the 12 months that a prediction rests on: the board's, or those before its day, where that is earlier."""
    board = reading.asked()
    last = add_months(month_of(starts), -1)
    if board is None or last >= board.last:
        return board
    return reading.asked(first=add_months(last, -11), last=last)


def months_of(starts: date, quarters: int) -> tuple[date, date]:
    """Return the first and last month that a prediction from a day on is about: whole months only."""
    first = starts if starts.day == 1 else add_months(month_of(starts), 1)
    return first, add_months(first, 3 * quarters - 1)


def amounts_with(on: Basis, changes: Iterable[Change], starts: date) -> Floats:
    """Return what every product is given a month with these changes, in the base currency, (P,)."""
    changes = list(changes)
    rates = base_rates((change.stream for change in changes), starts)
    given = on.spend.copy()
    for change in changes:
        place = on.place_of(change.product_id)
        if place is not None:
            given[place] += float(change.after - change.before) * rates[change.stream.currency]
    return np.maximum(given, 0.0)


def outlook(
    changes: Sequence[Change], *, starts: date, value_stream: ValueStream | None, others: dict[str, Sequence[Change]]
) -> Outlook:
    """Return what these changes are predicted to bring, beside leaving things as they are and the alternatives.

    Without figures there is nothing to predict from; the proposal then says so.
    """
    window = window_before(starts)
    on = basis(on=starts, asked=window) if window else None
    if on is None or window is None:
        return Outlook(frozen={"is_predicted": False})
    given = amounts_with(on, changes, starts)
    found = effects(on, given, draws=DRAWS)
    months = list(month_range(window.first, window.last))
    panel = stored_panel([*months_before(window), *months])
    draws = _Draws(on, found, given, panel)
    moved = [place for change in changes if (place := on.place_of(change.product_id)) is not None]
    moved = sorted(set(moved))
    inside = _inside(on, value_stream)
    metrics = _metrics(panel, on, moved, months, draws.varies)
    rows: list[Prediction] = []
    for quarters in QUARTERS:
        rows += _rows(draws, quarters, starts, moved, inside, metrics)
    return Outlook(rows, _frozen(draws, changes, moved, inside, metrics, value_stream, others), reading.latest_run())


# -- Draws -----------------------------------------------------------------------------------------------------------


class _Draws:
    """Draws of what each product's months come to, after the change and without it; (D, P) each."""

    def __init__(self, on: Basis, found: Effects, given: Floats, panel: Panel):
        self.on, self.found, self.given = on, found, given
        self.factors = calibration.factors()
        self.is_moved = on.has_basis & (given != on.spend)
        self.ratio = np.divide(given, on.spend, out=np.ones(len(given)), where=on.spend > 0)
        exponents = np.where(self.is_moved, on.elasticity_draws(DRAWS), 0.0)
        middle = np.where(self.is_moved, on.middle, 0.0)
        self.response = self.ratio**exponents
        self.expected = self.ratio**middle
        earned = on.credited * self.expected
        self.network = np.divide(found.after.value, earned, out=np.ones(len(earned)), where=earned > 0)
        own = np.divide(found.after.own_value, on.own_value, out=np.ones(len(earned)), where=on.own_value > 0)
        step = self.expected - 1
        self.own_step = np.divide(own - 1, step, out=np.zeros(len(own)), where=np.abs(step) > 1e-12)
        self.values = on.value_draws(DRAWS)
        self.cost = found.after.cost
        # Where its own money does not move, the network decides whether it grows.
        self.grows = np.where(self.is_moved, self.ratio, self.expected * self.network)
        self.varies = _variation(panel, on)
        keys = [uncertainty.stable_key(f"months of {row.code}") for row in on.rows]
        self.noise = uncertainty.standard_draws(SEED, keys, DRAWS).T

    def effective(self, months: int) -> Floats:
        """Return the part of the step that is effective over the first months, on average, (P,)."""
        return ramped(self.grows, months, float(settings.TWOFOLD_RAMP_UP_MONTHS)).mean(axis=0)

    def of_value(self, months: int) -> Floats:
        """Return draws of the credited value over the first months, (D, P)."""
        grown = 1 + self.effective(months) * (self.response * self.network - 1)
        return months * self.values * grown * self.varies.draws(self.noise, months)

    def of_quantity(self, place: int, months: int, *, varies: Wander, key: int) -> Floats:
        """Return draws of by how much what a product's own customers get is multiplied, (D,)."""
        noise = uncertainty.standard_draws(SEED, [key], DRAWS)[0]
        step = (self.response[:, place] - 1) * self.own_step[place]
        return (1 + self.effective(months)[place] * step) * varies.draws(noise, months)


def _variation(panel: Panel, on: Basis) -> Wander:
    """Return how far each product's credited value wanders, (P,)."""
    found = wander(panel.data[:, :, CREDITED].astype(np.float64))
    at = np.searchsorted(on.products, panel.products)
    # A product that is gone from the window and has no money any more is not asked about.
    is_there = (at < len(on.products)) & (on.products[np.minimum(at, len(on.products) - 1)] == panel.products)
    full = [np.zeros(len(on.rows)), np.full(len(on.rows), np.nan)]
    for column, part in zip(full, (found.months, found.years), strict=True):
        column[at[is_there]] = np.asarray(part)[is_there]
    return Wander(*full).like(found)


# -- Rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Metric:
    """A valued metric of a product that is moved: what it came to a month of the window, in its unit."""

    row: Metric
    place: int
    mean: float
    baseline: float
    varies: Wander


def _rows(
    draws: _Draws,
    quarters: int,
    starts: date,
    moved: Sequence[int],
    inside: NDArray[np.intp],
    metrics: Sequence[_Metric],
) -> list[Prediction]:
    on, months = draws.on, 3 * quarters
    first, last = months_of(starts, quarters)
    value = draws.of_value(months)
    frame = {"quarters": quarters, "first_month": first, "last_month": last, "due_on": add_months(last, 1)}
    rows = []

    def add(sample: Floats, unchanged: float, estimator: Estimator, measure: Measure, **of: Any) -> None:
        rows.append(_prediction(sample, unchanged, estimator, draws.factors, measure=measure, **frame, **of))

    estimators = [_estimator(draws, place) for place in moved]
    for places, estimator, product in [
        (inside, _together(estimators), None),
        *(
            (np.array([place]), estimator, on.rows[place])
            for place, estimator in zip(moved, estimators, strict=True)
        ),
    ]:  # fmt: skip
        sample, before = value[:, places].sum(axis=1), float(on.credited[places].sum())
        add(sample, months * before, estimator, Measure.VALUE, product=product)
        cost, cost_before = float(draws.cost[places].sum()), float(on.cost[places].sum())
        if cost > 0 and cost_before > 0:
            add(sample / (months * cost), before / cost_before, estimator, Measure.RATIO, product=product)
    for metric in metrics:
        key = uncertainty.stable_key(f"months of {metric.row.code}")
        grown = draws.of_quantity(metric.place, months, varies=metric.varies, key=key)
        length = 1 if metric.row.is_level else months
        if metric.row.is_level:
            sample = metric.baseline + (metric.mean - metric.baseline) * grown
        else:  # what is better the lower it is falls by what value grows by
            sample = length * metric.mean * (grown if metric.row.is_higher_better else 1 / np.maximum(grown, 1e-9))
        estimator = _estimator(draws, metric.place)
        product = on.rows[metric.place]
        add(sample, length * metric.mean, estimator, Measure.QUANTITY, product=product, metric=metric.row)
    return rows


def _prediction(
    sample: Floats, unchanged: float, estimator: Estimator, factors: dict[str, float], **given: Any
) -> Prediction:
    low, high = uncertainty.ends(sample[None].copy())[0].tolist()
    middle = min(max(float(sample.mean()), low), high)
    factor = factors.get(estimator, 1.0)
    return Prediction(
        estimator=estimator,
        unchanged=unchanged,
        middle=middle,
        low=calibration.stretched(middle, low, factor),
        high=calibration.stretched(middle, high, factor),
        factor=factor,
        **given,
    )


def _estimator(draws: _Draws, place: int) -> Estimator:
    return draws.on.estimators[place] if draws.on.has_basis[place] else Estimator.NONE


def _together(estimators: Iterable[Estimator]) -> Estimator:
    kinds = set(estimators) - {Estimator.NONE}
    return kinds.pop() if len(kinds) == 1 else Estimator.MIXED if kinds else Estimator.NONE


def _inside(on: Basis, value_stream: ValueStream | None) -> NDArray[np.intp]:
    """Return the places of the products of a value stream and all below it, or of all."""
    if value_stream is None:
        return np.arange(len(on.rows))
    below = set(ValueStream.objects.subtree([value_stream.pk]))
    return np.array([place for place, row in enumerate(on.rows) if row.value_stream_id in below], np.intp)


def _metrics(panel: Panel, on: Basis, moved: Sequence[int], window: Sequence[date], others: Wander) -> list[_Metric]:
    """Return the valued metrics of products that are moved, with what they came to over the window."""
    ids = {int(on.products[place]): place for place in moved}
    series, valued_by = quantities(panel, set(ids))
    rows = Metric.objects.in_bulk(list(series))
    baselines = dict(Valuation.objects.filter(pk__in=set(valued_by.values())).values_list("pk", "baseline"))
    found = []
    for key in sorted(series):
        by_month = series[key]
        inside = [by_month[month] for month in window if month in by_month]
        if not inside:
            continue
        since = min(by_month)
        run = np.array([by_month.get(month, 0.0) for month in panel.months if month >= since])
        wanders = wander(run[:, None]).like(others)
        found.append(
            _Metric(
                row=rows[key],
                place=ids[rows[key].product_id],
                mean=float(np.mean(inside)),
                baseline=float(baselines.get(valued_by[key]) or 0),
                varies=Wander(float(np.asarray(wanders.months)[0]), float(np.asarray(wanders.years)[0])),
            )
        )
    return found


def quantities(panel: Panel, products: set[int]) -> tuple[dict[int, dict[date, float]], dict[int, int]]:
    """Return what each valued metric of some products came to by month, and the valuation it has last."""
    series: dict[int, dict[date, float]] = {}
    valued_by: dict[int, int] = {}
    for month in panel.months:
        known = panel.inputs.get(month)
        if known is None:
            continue
        of = known.measured
        wanted = of.is_valued & np.isin(known.products[of.product], list(products))
        for row in np.flatnonzero(wanted).tolist():
            series.setdefault(int(of.ids[row]), {})[month] = int(of.quantity[row]) / QUANTITY
            valued_by[int(of.ids[row])] = int(of.valuation[row])
    return series, valued_by


# -- What is kept beside them ------------------------------------------------------------------------------------------


def _frozen(
    draws: _Draws,
    changes: Sequence[Change],
    moved: Sequence[int],
    inside: NDArray[np.intp],
    metrics: Sequence[_Metric],
    value_stream: ValueStream | None,
    others: dict[str, Sequence[Change]],
) -> dict[str, Any]:
    on, found = draws.on, draws.found
    is_moved = np.zeros(len(on.rows), np.bool_)
    is_moved[list(moved)] = True
    return {
        "is_predicted": True,
        "window": {"first": f"{on.asked.first:%Y-%m}", "last": f"{on.asked.last:%Y-%m}"},
        "whole": {"before": _figures(found.whole.before), "after": _figures(found.whole.after)},
        "gain": _gain(found),
        "streams": [
            {
                "name": str(change.value_stream),
                "before": _figures(change.before),
                "after": _figures(change.after),
            }
            for change in found.streams
            if _differs(change.before, change.after)
        ],
        "products": [_product(draws, place) for place in moved],
        "neighbours": [_product(draws, place) for place in found.moved_most(5, but_for=is_moved)],
        "unknown": sorted({str(change.product) for change in changes if on.place_of(change.product_id) is None}),
        "alternatives": [
            {
                "name": "Leave it as it is",
                "gain": {"middle": 0.0, "low": 0.0, "high": 0.0, "probability": None},
                "whole": _figures(found.whole.before),
            },
            *(_alternative(draws, name, theirs) for name, theirs in others.items()),
        ],
        "base": {
            "whole": {"cost": float(on.cost[inside].sum()), "value": float(on.credited[inside].sum())},
            "products": {
                str(on.products[place]): {"cost": float(on.cost[place]), "value": float(on.credited[place])}
                for place in moved
            },
            "metrics": {str(metric.row.pk): metric.mean for metric in metrics},
        },
        "assumptions": {
            "ramp_up_months": settings.TWOFOLD_RAMP_UP_MONTHS,
            "draws": DRAWS,
            "factors": draws.factors,
            "scope": str(value_stream) if value_stream else "",
        },
    }


def _figures(whole: Whole) -> dict[str, float | None]:
    return {"spend": whole.spend, "cost": whole.cost, "value": whole.value, "ratio": whole.ratio}


def _differs(before: Whole, after: Whole) -> bool:
    return any(
        abs(one - other) > 1e-6 * max(abs(one), 1.0)
        for one, other in ((before.spend, after.spend), (before.cost, after.cost), (before.value, after.value))
    )


def _gain(found: Effects) -> dict[str, float]:
    return {
        "middle": found.gain,
        "low": found.gain_low,
        "high": found.gain_high,
        "probability": found.probability,
    }


def _alternative(draws: _Draws, name: str, changes: Sequence[Change]) -> dict[str, Any]:
    on = draws.on
    found = effects(on, amounts_with(on, changes, on.on), draws=DRAWS)
    return {"name": name, "gain": _gain(found), "whole": _figures(found.whole.after)}


def _product(draws: _Draws, place: int) -> dict[str, Any]:
    on, found = draws.on, draws.found
    row = on.rows[place]
    before, after = found.before, found.after

    def state(of: Any) -> dict[str, float | None]:
        ratio = float(of.ratio[place])
        return {
            "spend": float(of.spend[place]),
            "cost": float(of.cost[place]),
            "value": float(of.value[place]),
            "ratio": None if np.isnan(ratio) else ratio,
        }

    has_basis = bool(on.has_basis[place])
    return {
        "id": row.pk,
        "code": row.code,
        "name": str(row),
        "value_stream": str(row.value_stream),
        "before": state(before),
        "after": state(after),
        "elasticity": [float(on.low[place]), float(on.middle[place]), float(on.high[place])] if has_basis else None,
        "estimator": str(_estimator(draws, place)),
        "why": on.why[place],
    }


def write(decision: Decision, rows: Sequence[Prediction]) -> None:
    """Write the predictions of a proposal."""
    for row in rows:
        row.decision = decision
    Prediction.objects.bulk_create(rows, batch_size=500)
