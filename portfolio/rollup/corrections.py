"""What the corrections of the last month changed: the months they touch, as they would stand without them.

Only what belongs to the products that were corrected is read again; the rest of a month is taken as it is stored.
A closed month is as it was closed, so no correction changes it; what the first open month takes for closed ones is a
correction, whenever it was made.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import structlog
from django.db.models import F, Q
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common.months import month_of
from portfolio.engine.errors import EngineError
from portfolio.network.models import Link, Usage
from portfolio.rollup.closed import closed_through, opens_after, taken_late
from portfolio.rollup.facts import MissingRate, uncorrected
from portfolio.rollup.inputs import Inputs, merged
from portfolio.rollup.panel import Panel, panel_of
from portfolio.rollup.ranges import digest_of
from portfolio.rollup.snapshots import Results, read_inputs, solve, solved_months
from products.catalog.models import Assignment
from products.health.models import Impact
from products.value.models import Observation, Valuation
from teams.models import Membership, Rate

log = structlog.get_logger(__name__)

CORRECTION_DAYS = 31  # corrections made in the last month explain a movement

#: By model: its product, the first day it can change, and the last one; None where that is open.
TOUCHED: tuple[tuple[Any, str, str, str | None], ...] = (
    (LedgerEntry, "product_id", "month", "last_month"),
    (Observation, "metric__product_id", "starts", None),  # until the next one is due
    (Valuation, "metric__product_id", "starts", "ends"),
    (Impact, "metric__product_id", "month", "last_month"),
    (Usage, "supplier_id", "month", None),  # until it is metered again
    (Link, "supplier_id", "starts", "ends"),
    (Assignment, "product_id", "starts", "ends"),
)
#: Labour is pooled, so these touch all products with a team; they are few.
POOLED: tuple[Any, ...] = (Membership, Rate)

# What a month without its corrections came to, by the digests of the month as it is and of what was read instead.
_solved: dict[bytes, Results | None] = {}
SOLVED_MOST = 64


def as_uncorrected(months: Iterable[date]) -> Panel | None:
    """Return the months that were corrected lately, as they would stand without it; None if there are none."""
    since = timezone.now() - timedelta(days=CORRECTION_DAYS)
    through = closed_through()
    wanted = sorted(month for month in set(months) if through is None or month > through)
    touched = _touched(wanted, since)
    if through is not None and (opens := opens_after(through)) in wanted:
        taken = taken_late(through)
        if late := {*taken.products.tolist(), *taken.owner.tolist()}:
            touched[opens] = touched.get(opens, frozenset()) | late
    if not touched:
        return None
    found: dict[date, tuple[Inputs | None, Results | None]] = {}
    stored = solved_months(touched)
    for products, alike in _alike(touched):
        for month, fresh in _read(alike, since, products):
            now = stored[month]
            instead = merged(now.inputs, fresh, products)
            # Most months that an open end takes in stand as they did.
            if digest_of(instead) != digest_of(now.inputs) and (results := _results(instead)) is not None:
                found[month] = (instead, results)
    return panel_of({month: found[month] for month in sorted(found)}, {}) if found else None


def _touched(months: list[date], since: datetime) -> dict[date, frozenset[int]]:
    """Return the products, by month, whose facts were corrected or retracted, or replace one that was."""
    spans: set[tuple[int, date, date | None]] = set()
    for model, product, first, last in TOUCHED:
        ends = F(last) if last else None
        columns = (product, first, ends) if ends else (product, first)
        retracted = model.objects.filter(retracted_at__gt=since).order_by()
        # Each by its own index: asked for together, they are found by passing over all facts there are.
        for rows in (retracted, model.objects.filter(corrects__in=retracted.values("pk")).order_by()):
            for row in rows.values_list(*columns).distinct():
                if row[0] is not None:
                    spans.add((row[0], row[1], row[2] if ends else None))
    for model in POOLED:
        for row in model.objects.filter(Q(retracted_at__gt=since) | Q(corrects__retracted_at__gt=since)):
            spans |= {(touch.product_id, touch.first, touch.last) for touch in row.touched()}
    touched: dict[date, set[int]] = {}
    for owner, begin, end in spans:
        for month in months:
            if month_of(begin) <= month and (end is None or month <= end):
                touched.setdefault(month, set()).add(owner)
    return {month: frozenset(products) for month, products in touched.items()}


def _alike(touched: dict[date, frozenset[int]]) -> Iterator[tuple[frozenset[int], list[date]]]:
    """Yield the months of which the same products are read, together."""
    alike: dict[frozenset[int], list[date]] = {}
    for month, products in touched.items():
        alike.setdefault(products, []).append(month)
    yield from alike.items()


def _read(months: list[date], since: datetime, products: frozenset[int]) -> Iterator[tuple[date, Inputs]]:
    try:
        for month, read in read_inputs(months, uncorrected(since), products).items():
            yield month, read.inputs
    except MissingRate:
        if len(months) > 1:
            for month in months:
                yield from _read([month], since, products)
        # By itself: without its corrections it could not be read at all, and says nothing of their effect.


def _results(inputs: Inputs) -> Results | None:
    """Return what the engine makes of a month; None where it has no solution."""
    key = blake2b(digest_of(inputs) + inputs.graded.tobytes(), digest_size=16).digest()
    if key not in _solved:
        if len(_solved) >= SOLVED_MOST:
            _solved.clear()
        try:
            _solved[key] = solve(inputs)
        except EngineError as error:
            log.info("month unsolved without its corrections", month=f"{inputs.month:%Y-%m}", message=str(error))
            _solved[key] = None
    return _solved[key]
