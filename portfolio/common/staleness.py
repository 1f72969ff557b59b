"""Marking figures as stale: the hint from a write to the roll-up.

The mark is written in the transaction of the write; the message to the worker goes after the commit. A lost
or repeated message changes nothing, because it is the marks that are claimed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from celery import current_app
from django.db import transaction

from portfolio.common.models import StaleMark
from portfolio.common.months import month_of, month_range, today

REFRESH = "rollup.refresh_standings"
HINT_SECONDS = 60

#: The touches of the writes that are gathered, each with its first cause; None while nothing gathers.
_gathered: ContextVar[dict["Touch", str] | None] = ContextVar("gathered", default=None)


@dataclass(frozen=True)
class Touch:
    """The figures of one product from the month of `first` to that of `last`; without a last, to this month."""

    product_id: int
    first: date
    last: date | None = None


def mark_stale(touches: Iterable[Touch], *, cause: str) -> int:
    """Mark the touched product-months, up to this month, and ask for a roll-up after the commit.

    Repeating it adds marks that the same roll-up claims together. Returns how many marks were written; none yet
    where they are gathered.
    """
    gathered = _gathered.get()
    if gathered is None:
        return _write_marks(dict.fromkeys(touches, cause))
    for touch in touches:
        gathered.setdefault(touch, cause)
    return 0


@contextmanager
def gathering_marks() -> Iterator[None]:
    """Write the marks of all that is changed inside it at its end, each product-month once.

    For many writes in one transaction, which must be open already: a membership marks every product that has a
    team, and a thousand memberships would mark them a thousand times.
    """
    if _gathered.get() is not None:
        yield
        return
    gathered: dict[Touch, str] = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    _write_marks(gathered)


def _write_marks(touches: dict[Touch, str]) -> int:
    horizon = month_of(today())  # no figures are made for months to come
    causes: dict[tuple[int, date], str] = {}
    for touch, cause in touches.items():
        for month in month_range(touch.first, min(touch.last or horizon, horizon)):
            causes.setdefault((touch.product_id, month), cause)
    StaleMark.objects.bulk_create(
        [StaleMark(product_id=product, month=month, cause=cause) for (product, month), cause in sorted(causes.items())],
        batch_size=5_000,
    )
    if causes:
        ask_for_refresh()
    return len(causes)


def ask_for_refresh() -> None:
    """Send the refresh task once this transaction commits, or run it then where there is no broker."""
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is _send_refresh for _, callback, _ in waiting):
        # Robust: the row is saved, so a broker that is down is for the log, and the minute's beat finds the marks.
        transaction.on_commit(_send_refresh, robust=True)


def _send_refresh() -> None:
    _send()


def ask_for_help(count: int) -> bool:
    """Ask for as many more workers to come and see what there is to do; False where there is no broker to ask."""
    if current_app.conf.task_always_eager:
        return False
    for _ in range(count):
        _send(is_helper=True)
    return True


def _send(**kwargs: bool) -> None:
    # Marks keep, hints need not: what a worker that was away finds in the queue is at most a minute's, for the beat
    # sends one a minute, and one hint is enough for all the marks there are.
    current_app.tasks[REFRESH].apply_async(kwargs=kwargs, expires=HINT_SECONDS)
