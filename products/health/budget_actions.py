"""Keeping the state of error budgets, day by day: what the nightly job does."""

from datetime import date, timedelta

from django.db import transaction

from portfolio.common.months import today
from portfolio.engine.budgets import WEEK, burn_rate, left_over_time
from products.health.budget_reading import days_measured
from products.health.models import BudgetDay, Objective

LATE = 7  #: days that are worked out again each night: measurements come late
AT_ONCE = 200  #: objectives whose measurements are held in memory


def keep_budget_days(on: date | None = None) -> int:
    """Keep the state of every budget at the end of each of the last 7 days before `on`; return how many were kept.

    A day that is kept already is worked out again, since measurements come late and are corrected: repeating it changes
    nothing else. Days on which nothing at all was served in the window are not kept.
    """
    until = on or today()
    objectives = list(Objective.objects.filter(service__is_retired=False).order_by("pk"))
    return sum(_keep(objectives[first : first + AT_ONCE], until) for first in range(0, len(objectives), AT_ONCE))


@transaction.atomic
def _keep(objectives: list[Objective], until: date) -> int:
    longest = max(one.window_days for one in objectives)
    first = until - timedelta(days=longest + LATE + WEEK)
    days = days_measured(objectives, first, until)
    rows = []
    for objective in objectives:
        found = days[objective.pk]
        left = left_over_time(found, objective.target, objective.window_days)
        for back in range(1, LATE + 1):
            day = until - timedelta(days=back)
            after = day + timedelta(days=1)
            window = found.between(after - timedelta(days=objective.window_days), after)
            good, bad = int(window.good.sum()), int(window.bad.sum())
            if good + bad:
                burn = burn_rate(found.between(after - timedelta(days=WEEK), after), objective.target)
                share = float(left[-back])
                rows.append(BudgetDay(objective=objective, day=day, good=good, total=good + bad, left=share, burn=burn))
    BudgetDay.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["objective", "day"],
        update_fields=["good", "total", "left", "burn"],
    )
    return len(rows)
