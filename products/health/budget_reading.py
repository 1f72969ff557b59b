"""Error budgets as they stand: measurements read from the database, worked out by `portfolio.engine.budgets`.

A budget is that of the days before today: what happens today is not over yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, Subquery

from portfolio.common import charts, formats
from portfolio.common.months import add_months, month_of
from portfolio.engine.budgets import Budget, Days, Measured, budget, days_of, left_over_time
from products.health.models import BudgetDay, Measurement, Objective

SHOWN_MONTHS = 13  #: of the budget over time
FAST = 2.0  #: burning this much faster than the budget allows asks for attention
LOOKED_BACK = 7  #: days after which a kept state says nothing of today


@dataclass(frozen=True)
class Row:
    """An objective with its budget."""

    objective: Objective
    budget: Budget

    @property
    def left(self) -> float | None:
        """Which part of the budget is left; None where nothing was measured."""
        return self.budget.left_share

    @property
    def tone(self) -> str:
        """How it reads: down where it is overspent, even where it burns fast, up otherwise; empty without a figure."""
        if self.left is None:
            return ""
        return "down" if self.budget.is_overspent else "even" if self.is_fast else "up"

    @property
    def is_fast(self) -> bool:
        """Whether the last 7 days, or the last one, burned at more than twice the rate that is allowed."""
        return any(burn is not None and burn > FAST for burn in (self.budget.week_burn, self.budget.day_burn))

    @property
    def good_share(self) -> float | None:
        """The part that was good."""
        return self.budget.good / self.budget.total if self.budget.total else None


def days_measured(
    objectives: Iterable[Objective], first: date, after: date, *, known: datetime | None = None
) -> dict[int, Days]:
    """Return what was served on each of the days [first, after), by objective, as known at a moment; one query."""
    wanted = {one.pk for one in objectives}
    rows = Measurement.objects.known(known).filter(objective__in=wanted).during(first, after)
    found: dict[int, list[Measured]] = defaultdict(list)
    for objective, starts, ends, good, total in rows.values_list("objective", "starts", "ends", "good", "total"):
        found[objective].append(Measured(starts, ends, good, total))
    return {pk: days_of(found[pk], first, after) for pk in wanted}


def budgets_of(objectives: Sequence[Objective], on: date, *, known: datetime | None = None) -> list[Row]:
    """Return the budgets of objectives on a day, in the order given; one query."""
    longest = max((one.window_days for one in objectives), default=1)
    days = days_measured(objectives, on - timedelta(days=longest + LOOKED_BACK), on, known=known)
    return [Row(one, budget(days[one.pk], one.target, one.window_days, on)) for one in objectives]


def over_time(objective: Objective, on: date, *, known: datetime | None = None) -> charts.Chart:
    """Draw which part of the budget was left at the end of each day of the last 13 months; one query."""
    first = add_months(month_of(on), -(SHOWN_MONTHS - 1))
    early = first - timedelta(days=objective.window_days)
    days = days_measured([objective], early, on, known=known)[objective.pk]
    left = left_over_time(days, objective.target, objective.window_days)[objective.window_days :]
    dates = [first + timedelta(days=place) for place in range(len(left))]
    pairs = [(day, float(share)) for day, share in zip(dates, left, strict=True) if share == share]
    return left_chart(pairs, objective.window_days)


def left_chart(left: Sequence[tuple[date, float]], window_days: int) -> charts.Chart:
    """Draw which part of a budget was left, day by day."""
    spent = sum(share < 0 for _, share in left)
    summary = "Nothing was measured in this time."
    if left:
        day, last = left[-1]
        summary = f"{formats.share(last)} was left at the end of {formats.day_name(day)}; " + (
            f"it was overspent on {spent} of {len(left)} days." if spent else "it was never overspent."
        )
    chart = charts.series(
        [day for day, _ in left],
        [round(share * 100, 1) for _, share in left],
        title=f"Budget left over {window_days} days, by day",
        unit="% of the budget",
        baseline=0.0,
        summary=summary,
    )
    for note in chart.figure["layout"]["annotations"]:
        note["text"] = "nothing<br>left"  # the level that is drawn is no baseline but where the budget ends
    rows = [(formats.day_name(day), formats.share(share)) for day, share in left[::-1][::7]]
    return replace(
        chart, columns=(charts.Column("End of day, by week", False), charts.Column("Budget left")), rows=rows
    )


def troubled(on: date) -> list[BudgetDay]:
    """Return the latest kept state of each objective that is overspent, or burns faster than twice what is allowed.

    Each says `since` when: the day after the last that was in order, of those kept. One query.
    """
    fine = Q(left__gte=0) & (Q(burn__lte=FAST) | Q(burn=None))
    later = BudgetDay.objects.filter(objective=OuterRef("objective"), day__gt=OuterRef("day"), day__lt=on)
    before = BudgetDay.objects.filter(fine | Q(left=None), objective=OuterRef("objective"), day__lt=OuterRef("day"))
    rows = (
        BudgetDay.objects.filter(
            day__lt=on, day__gte=on - timedelta(days=LOOKED_BACK), objective__service__is_retired=False
        )
        .filter(Q(left__lt=0) | Q(burn__gt=FAST))
        .exclude(Exists(later))
        .annotate(fine_on=Subquery(before.order_by("-day").values("day")[:1]))
        .select_related("objective__service__product")
        .order_by(F("left").asc(nulls_last=True), "pk")
    )
    return list(rows)
