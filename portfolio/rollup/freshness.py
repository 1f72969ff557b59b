"""How fresh the figures are: when they were last worked out, and what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolio.common.models import StaleMark
from portfolio.rollup.models import BlockedMonth
from portfolio.rollup.reading import latest_run


@dataclass(frozen=True)
class Freshness:
    """When the last roll-up ended, how many product-months wait for the next, and how many months are blocked."""

    at: datetime | None
    stale: int
    blocked: int


def freshness() -> Freshness:
    """Return the truth about the figures as they stand: three queries."""
    run = latest_run()
    return Freshness(
        at=run.started_at + timedelta(seconds=run.seconds) if run else None,
        stale=StaleMark.objects.order_by().values("product", "month").distinct().count(),
        blocked=BlockedMonth.objects.count(),
    )
