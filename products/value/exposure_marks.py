"""What exposures add to a metric's chart: the dates on which customers got something new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from portfolio.common import formats
from products.value.models import Exposure, Metric


@dataclass(frozen=True)
class Mark:
    """A date on a chart, and what happened on it."""

    on: date
    words: str


def exposures_of(metric: Metric, *, known: datetime | None = None) -> list[Exposure]:
    """Return what was switched on for customers of a metric's product, of all its metrics or this one; one query."""
    rows = Exposure.objects.known(known).filter(Q(metric=metric) | Q(metric=None), product=metric.product_id)
    return list(rows.order_by("starts", "flag", "pk"))


def marks(exposures: Iterable[Exposure], dates: Sequence[date]) -> list[Mark]:
    """Return the days on which a share changed that lie within the dates of a chart."""
    if not dates:
        return []
    first, last = min(dates), max(dates)
    rows = list(exposures)
    begun = {(row.flag, row.starts) for row in rows}
    found = [Mark(row.starts, f"{row.flag} {formats.share(row.share)}") for row in rows]
    # Where one share follows another the end says nothing new.
    found += [Mark(row.ends, f"{row.flag} ends") for row in rows if row.ends and (row.flag, row.ends) not in begun]
    return sorted((mark for mark in found if first <= mark.on <= last), key=lambda mark: (mark.on, mark.words))
