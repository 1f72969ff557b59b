"""Figures for pages and API: any window, as known now or at a past moment.

The windows that the roll-up keeps are read; any other is worked out and cached for as long as the run it belongs to
is the latest. What was known at a past moment never changes, so that is cached by its moment.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone

from portfolio.common.months import add_months, month_of, month_range, today
from portfolio.rollup import actions, standings
from portfolio.rollup.facts import known
from portfolio.rollup.models import Run, Standing, Window
from products.catalog.models import Product, ValueStream

LONGEST = 120  # months in a window
CACHED_FOR = 3_600  # seconds


@dataclass(frozen=True)
class Asked:
    """A window of months that somebody asked for; `at` is the moment as of which it is to be known, or None for now."""

    first: date
    last: date
    window: str = ""
    at: datetime | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the roll-up keeps this window's standings."""
        return bool(self.window) and self.at is None


def asked(
    *, window: str = "", first: date | None = None, last: date | None = None, at: datetime | None = None
) -> Asked | None:
    """Return the window that is meant: named, or any months from-to; the 12 months to the board's month by default.

    None where there are no figures at all yet. Raises ValidationError where the months make no window.
    """
    if first or last:
        if not first or not last:
            raise ValidationError("A window needs both its first and its last month, and only one is given.")
        if first > last:
            raise ValidationError(f"The window starts in {first:%Y-%m}, after it ends in {last:%Y-%m}. Swap them.")
        if add_months(first, LONGEST) <= last:
            raise ValidationError(f"The window is longer than {LONGEST} months. Ask for fewer.")
        if last > month_of(today()):
            raise ValidationError(f"There are no figures for {last:%Y-%m} yet: the latest month is {today():%Y-%m}.")
        return Asked(first, last, "", at)
    end = actions.board_month()
    if end is None:
        return None
    name = window or Window.T12M
    if name not in Window.values:
        raise ValidationError(f"{name!r} is not a window; choose one of {', '.join(Window.values)}.")
    begin, end = standings.window_of(name, end, settings.TWOFOLD_FISCAL_YEAR_START)
    return Asked(begin, end, name, at)


def latest_run() -> Run | None:
    """Return the roll-up that made the figures that are shown."""
    return Run.objects.order_by("-pk").first()


def read_standings(what: Asked) -> list[Standing]:
    """Return the standings over a window: of the whole, of value streams, and of products, with their rows joined.

    Kept windows have movement and trend; others do not.
    """
    if what.is_kept:
        rows = list(Standing.objects.filter(window=what.window))
    else:
        rows = _table(what).rows()
    streams = ValueStream.objects.in_bulk()
    products = Product.objects.defer("purpose").in_bulk()
    for product in products.values():
        product.value_stream = streams[product.value_stream_id]  # one of each, where a join makes one a product
    shown = []
    for row in rows:
        if row.product_id:
            if row.product_id not in products:
                continue
            row.product = products[row.product_id]
        elif row.value_stream_id:
            row.value_stream = streams[row.value_stream_id]
        shown.append(row)
    return shown


def read_standing(what: Asked, product: int) -> Standing | None:
    """Return the standing of a product over a window, its rows not joined; none where it has no figures in it."""
    if what.is_kept:
        return Standing.objects.filter(window=what.window, product=product).first()
    return next(iter(_table(what).of_product(product).rows()), None)


def _table(what: Asked) -> standings.Table:
    """Return the standings over any window, in columns: ten thousand of them are two megabytes in the cache."""
    run = latest_run()
    stamp = what.at.timestamp() if what.at else f"run-{run.pk if run else 0}"
    key = f"standings:{what.first:%Y%m}:{what.last:%Y%m}:{stamp}"
    table = cache.get(key)
    if table is None:
        months = list(month_range(what.first, what.last))
        panel = standings.fresh_panel(months, known(what.at)) if what.at else standings.stored_panel(months)
        [table] = standings.tables(panel, {what.window: what.first}, what.last)
        if what.at is None or what.at < timezone.now():  # a moment to come is not settled yet
            cache.set(key, table, CACHED_FOR)
    return table
