"""Marking figures as stale: the hint from a write to the roll-up.

The mark is written in the transaction of the write; the message to the worker goes after the commit. A lost
or repeated message changes nothing, because it is the marks that are claimed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from celery import current_app
from django.db import transaction

from portfolio.common.models import StaleMark
from portfolio.common.months import month_of, month_range, today

REFRESH = "rollup.refresh_standings"


@dataclass(frozen=True)
class Touch:
    """The figures of one product from the month of `first` to that of `last`; without a last, to this month."""

    product_id: int
    first: date
    last: date | None = None


def mark_stale(touches: Iterable[Touch], *, cause: str) -> int:
    """Mark the touched product-months, up to this month, and ask for a roll-up after the commit.

    Repeating it adds marks that the same roll-up claims together. Returns how many marks were written.
    """
    horizon = month_of(today())  # no figures are made for months to come
    pairs = {
        (touch.product_id, month)
        for touch in touches
        for month in month_range(touch.first, min(touch.last or horizon, horizon))
    }
    StaleMark.objects.bulk_create(
        [StaleMark(product_id=product, month=month, cause=cause) for product, month in sorted(pairs)],
        batch_size=5_000,
    )
    if pairs:
        ask_for_refresh()
    return len(pairs)


def ask_for_refresh() -> None:
    """Send the refresh task once this transaction commits, or run it then where there is no broker."""
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is _send_refresh for _, callback, _ in waiting):
        # Robust: the row is saved, so a broker that is down is for the log, and the minute's beat finds the marks.
        transaction.on_commit(_send_refresh, robust=True)


def _send_refresh() -> None:
    current_app.tasks[REFRESH].delay()
