"""Measure next: what it would be worth to know one thing exactly before the money is split.

For each metric, what a unit of it is worth; for each product, by how much more money brings more value. Knowing it
would lead to another split than the one that is best for what is expected: the mean of what that gains, over all it
may turn out to be, is what a measurement could be worth at most (see `portfolio.engine.information`). The money is
split under the guardrails that bind products; products without a basis keep theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Max, Model
from numpy.typing import NDArray

from funding import guardrails
from funding.models import Allocation, Guardrail, Waiver
from portfolio.common import formats
from portfolio.common.money import base_currency
from portfolio.common.months import today
from portfolio.engine.errors import EngineError
from portfolio.engine.information import Information, information_values
from portfolio.engine.rules import Group
from portfolio.rebalance.basis import Basis, basis
from portfolio.rebalance.models import Elasticity
from portfolio.rollup import reading
from portfolio.rollup.ranges import DRAWS
from products.catalog.models import Product
from products.value.models import Metric, Valuation

Floats = NDArray[np.float64]
WORTH, ELASTICITY = "worth", "elasticity"
KINDS = ((WORTH, "What a unit is worth"), (ELASTICITY, "What more money brings"))
NO_FIGURES = "There are no figures yet. Record costs and observations, or import them; the roll-up does the rest."
NOTHING = 0.005  # a month: less than a penny


@dataclass(frozen=True)
class Need:
    """One thing that might be measured, and what knowing it would be worth a month, in the base currency."""

    kind: str
    name: str
    code: str  #: of the metric, or of the product
    product: Product  #: whose money it would move, first of all
    others: int  #: further products whose money it bears on
    value: float
    probability: float
    moved: float
    low: float
    high: float
    known: str  #: the range that is known now, in words
    method: str
    metric: Metric | None = None

    @property
    def value_stream(self) -> str:
        """The code of the product's value stream."""
        return self.product.value_stream.code

    @property
    def product_code(self) -> str:
        """The code of the product."""
        return self.product.code

    @property
    def words(self) -> str:
        """What knowing it would change, in a sentence."""
        money = formats.money_short(self.moved, base_currency())
        also = f" and {self.others} more" if self.others else ""
        if self.probability < 0.005:
            return f"Whatever it turned out to be, {self.product}{also} would get about as much as it would anyway."
        return (
            f"Once it is known, {money} a month would on average go to or come from {self.product}{also}; the chance "
            f"that the split changes by more than 1 % is {formats.share(self.probability)}."
        )

    @property
    def kind_name(self) -> str:
        """What kind of thing it is, in words."""
        return dict(KINDS)[self.kind]


@dataclass(frozen=True)
class Needs:
    """All that might be measured, what is worth most first; `found` says why there is nothing, where that is so."""

    rows: list[Need] = field(default_factory=list)
    found: str = ""
    unmapped: list[str] = field(default_factory=list)  #: guardrails that could not be taken into account
    budget: float = 0.0


def needs(asked: reading.Asked | None = None) -> Needs:
    """Return what is worth measuring, over a window, the board's by default; kept for as long as nothing it rests on
    changes."""
    window = asked or reading.asked()
    if window is None:
        return Needs(found=NO_FIGURES)
    key = _key(window)
    kept = cache.get(key)
    if kept is None:
        kept = _needs(window)
        cache.set(key, kept, reading.CACHED_FOR)
    return kept


def _key(window: reading.Asked) -> str:
    """Return a key that is another one once anything has changed that the list rests on."""
    run = reading.latest_run()
    made_of: tuple[type[Model], ...] = (Allocation, Guardrail, Waiver, Elasticity)
    stands = [
        tuple(model._default_manager.filter(retracted_at=None).aggregate(n=Count("pk"), m=Max("pk")).values())
        for model in made_of
    ]
    stamp = repr((window, run.pk if run else 0, stands, today()))
    return f"measure-next:{blake2b(stamp.encode(), digest_size=16).hexdigest()}"


def _needs(window: reading.Asked) -> Needs:
    on = basis(on=today(), asked=window)
    if on is None:
        return Needs(found=NO_FIGURES)
    if not on.has_basis.any():
        return Needs(
            found="Nothing can be said of any product at another spend: it takes an allocation, credited value and an "
            "elasticity. State an elasticity for a product or a stage."
        )
    floor, ceiling, groups, unmapped = _bounds(on)
    metrics, share, draws, ranges = _unknown_worths(on)
    current = on.spend
    value = np.where(on.has_basis, on.credited, 0.0)
    middle = np.where(on.has_basis, on.middle, np.nan)
    exponents = np.where(on.has_basis, on.elasticity_draws(DRAWS), np.nan)
    try:
        found = information_values(
            current,
            value,
            middle,
            floor,
            ceiling,
            float(current.sum()),
            share=share,
            worth_draws=draws,
            elasticity_draws=exponents,
            groups=groups or None,
        )
    except EngineError as error:
        return Needs(found=f"The guardrails leave no split to compare with: {error}")
    rows = [*_worth_rows(on, found.worth, metrics, share, ranges), *_elasticity_rows(on, found.elasticity)]
    rows.sort(key=lambda row: (-row.value, row.kind, row.name))
    return Needs(rows, "", unmapped, float(current.sum()))


def _bounds(on: Basis) -> tuple[Floats, Floats, list[Group], list[str]]:
    """Return the guardrails as bounds over the basis's products, and the names of those that are none."""
    size = len(on.rows)
    floor, ceiling = np.zeros(size), np.full(size, np.inf)
    if not Guardrail.objects.known(on.asked.at).current(on.on).exists():
        return floor, ceiling, [], []
    split = guardrails.frame(on.on, on.asked.at)
    found = guardrails.as_bounds(split, float(on.spend.sum()))
    at = np.array([-1 if (place := on.place_of(key)) is None else place for key in split.product_ids.tolist()])
    there = at >= 0
    floor[at[there]], ceiling[at[there]] = found.floor[there], found.ceiling[there]
    groups: list[Group] = []
    left_out = [rule.name for rule in found.unmapped]
    for group in found.groups:
        members = np.sort(at[group.members][at[group.members] >= 0])
        if not members.size:
            continue
        if any(_crosses(members, other.members) for other in groups):
            left_out.append(group.name)
            continue
        groups.append(Group(group.name, members, group.least, group.most))
    return floor, np.maximum(ceiling, floor), groups, left_out


def _crosses(one: NDArray[np.intp], other: Iterable[int]) -> bool:
    ours, theirs = set(one.tolist()), {int(place) for place in other}
    return bool(ours & theirs) and not (ours <= theirs or theirs <= ours)


def _unknown_worths(on: Basis) -> tuple[list[Metric], Floats, Floats, list[Valuation]]:
    """Return the metrics whose worth is not certain, what each adds to products (M, P), draws (D, M), and ranges.

    The worths that a metric had over the window are one unknown: their draws go together. It is told as the latest.
    """
    ids = on.metrics
    rows = Metric.objects.select_related("product").in_bulk(sorted(set(ids.tolist())))
    worths = Valuation.objects.select_related("metric").in_bulk(on.valuations.tolist())
    spread = on.off.std(axis=1) if len(ids) else np.zeros(0)
    metrics, shares, draws, ranges = [], [], [], []
    for key in sorted(rows):
        places = np.flatnonzero((ids == key) & (spread > 0))
        if not places.size:
            continue
        latest = max(places.tolist(), key=lambda place: worths[int(on.valuations[place])].starts)
        scale = spread[places] / spread[latest]
        shares.append(on.weights[:, places] @ scale)
        draws.append(on.off[latest])
        metrics.append(rows[key])
        ranges.append(worths[int(on.valuations[latest])])
    count = len(metrics)
    share = np.array(shares) if count else np.zeros((0, len(on.rows)))
    drawn = np.array(draws, np.float64).T if count else np.zeros((DRAWS, 0))
    return metrics, share, drawn, ranges


def _worth_rows(
    on: Basis,
    found: Information,
    metrics: Sequence[Metric],
    share: Floats,
    ranges: Sequence[Valuation],
) -> Iterable[Need]:
    for place, (metric, worth) in enumerate(zip(metrics, ranges, strict=True)):
        bears = np.flatnonzero((np.abs(share[place]) > 0) & on.has_basis)
        first = (
            on.rows[int(bears[np.argmax(np.abs(share[place][bears]))])]
            if bears.size
            else on.rows[on.place_of(metric.product_id) or 0]
        )
        yield Need(
            kind=WORTH,
            name=f"{metric.name}: {metric.product}",
            code=metric.code,
            product=first,
            others=max(int(bears.size) - 1, 0),
            value=_some(found.value[place]),
            probability=float(found.probability[place]),
            moved=_some(found.moved[place]),
            low=float(worth.low),
            high=float(worth.high),
            known=f"{worth.range_text} {worth.per}",
            method="Narrow the range of what a unit is worth: a study, a survey, or figures of what it saves.",
            metric=metric,
        )


def _elasticity_rows(on: Basis, found: Information | None) -> Iterable[Need]:
    if found is None:
        return
    for place in np.flatnonzero(on.has_basis & (on.low < on.high)).tolist():
        product = on.rows[place]
        yield Need(
            kind=ELASTICITY,
            name=str(product),
            code=product.code,
            product=product,
            others=0,
            value=_some(found.value[place]),
            probability=float(found.probability[place]),
            moved=_some(found.moved[place]),
            low=float(on.low[place]),
            high=float(on.high[place]),
            known=f"{formats.ratio(on.low[place])} to {formats.ratio(on.high[place])} per cent more value for one per "
            "cent more money",
            method="Try another spend for a while, on a part of it, and compare: an experiment.",
        )


def _some(amount: float) -> float:
    return float(amount) if amount > NOTHING else 0.0
