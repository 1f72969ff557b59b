"""Reading closed months: which are closed, what they were closed with, and what came late for them.

Months up to the last closed one are closed. One that had no figures when they were closed, because nothing was
recorded for it yet, is closed with nothing.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from funding.models import PeriodClose
from portfolio.common.months import add_months, month_range
from portfolio.rollup.facts import Knowledge, earliest_month, known, read_months
from portfolio.rollup.inputs import nothing
from portfolio.rollup.late import Late, added, difference, limited, unpacked
from portfolio.rollup.models import FrozenMonth, SolvedMonth
from portfolio.rollup.snapshots import Solved, frozen_months
from products.value.models import Behaviour, Metric

AT_ONCE = 24  # months whose facts are read together


def closed_through(knowledge: Knowledge = known()) -> date | None:  # noqa: B008 - it cannot be changed
    """Return the last closed month; None where none is, or where nothing counts as closed."""
    if knowledge.uncorrected_since is not None:
        return None
    return PeriodClose.objects.through(knowledge.at)


def opens_after(through: date | None) -> date | None:
    """Return the first open month, which takes what comes late; None where no month is closed."""
    return None if through is None else add_months(through, 1)


def levels() -> set[int]:
    """Return the metrics that hold at a moment, whose quantities do not add up over months."""
    return set(Metric.objects.filter(behaviour=Behaviour.LEVEL).order_by().values_list("pk", flat=True))


def stored_late(through: date, first: date | None = None) -> dict[date, Late]:
    """Return what is kept as late of each closed month, in order, as last worked out."""
    rows = SolvedMonth.objects.filter(month__lte=through).exclude(late=b"").order_by("month")
    if first is not None:
        rows = rows.filter(month__gte=first)
    return {month: unpacked(data) for month, data in rows.values_list("month", "late")}


def taken_late(through: date) -> Late:
    """Return what the first open month takes for all closed months."""
    return added(stored_late(through).values())


def frozen(months: Iterable[date], knowledge: Knowledge) -> dict[date, Solved]:
    """Return closed months as they were closed; one that had no figures then has none."""
    wanted = sorted(set(months))
    if not wanted:
        return {}
    closes = knowledge(PeriodClose).filter(month__gte=wanted[0], month__lte=wanted[-1])
    found = frozen_months(FrozenMonth.objects.filter(close__in=closes))
    return {month: found.get(month) or Solved(nothing(month), None) for month in wanted}


def late_now(months: Iterable[date], knowledge: Knowledge, products: Collection[int] | None = None) -> dict[date, Late]:
    """Return what is late of closed months, worked out anew from the facts that count. Raises MissingRate."""
    wanted = sorted(set(months))
    lates: dict[date, Late] = {}
    flat = levels() if wanted else set()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        read = read_months(some, knowledge, products)
        for month, was in frozen(some, knowledge).items():
            stands = was.inputs if products is None else limited(was.inputs, products)
            lates[month] = difference(read[month].inputs, stands, flat)
    return lates


def lates_of(product: int, through: date, month: date | None, at: datetime | None) -> dict[date, Late]:
    """Return what is late of one product: of one closed month, or of all up to `through`, in order.

    As last worked out, in one query; at a past moment it is worked out from the facts, and may raise MissingRate.
    """
    if at is None:
        rows = stored_late(through, month)
        lates = {of: late for of, late in rows.items() if month in (None, of)}
    else:
        months = [month] if month else _closed_months(through, known(at))
        lates = late_now(months, known(at), [product])
    return {of: late.of([product]) for of, late in lates.items()}


def _closed_months(through: date, knowledge: Knowledge) -> list[date]:
    """Return all closed months that a fact can be late for."""
    closed = knowledge(PeriodClose).order_by("month").values_list("month", flat=True).first()
    first = min(month for month in (earliest_month(knowledge), closed, through) if month is not None)
    return list(month_range(first, through))


def late_known(through: date, knowledge: Knowledge, products: Collection[int] | None = None) -> Late:
    """Return what the first open month took for all closed months, from the facts that count. Raises MissingRate.

    It reads every closed month, so it is for what is asked for once: a past moment, a check of a few products.
    """
    return added(late_now(_closed_months(through, knowledge), knowledge, products).values())
