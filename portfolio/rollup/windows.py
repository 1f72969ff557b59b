"""The windows of months that standings are kept for, and the month they end with."""

from datetime import date

from django.conf import settings
from django.db.models import Max

from portfolio.common.months import add_months, days_in, month_of, today
from portfolio.rollup.models import SolvedMonth, Window


def board_month() -> date | None:
    """Return the month the windows end with: the last whole one that has costs in the books, or failing that any."""
    this = month_of(today())
    is_whole = today().day == days_in(this)
    whole = this if is_whole else add_months(this, -1)
    figures = SolvedMonth.objects.filter(month__lte=whole, has_products=True)
    booked = figures.filter(has_costs=True).aggregate(last=Max("month"))["last"]
    return booked or figures.aggregate(last=Max("month"))["last"]


def fiscal_year_start(month: date, start: int) -> date:
    """Return the first month of the fiscal year that `month` is in."""
    return date(month.year if month.month >= start else month.year - 1, start, 1)


def window_of(window: str, last: date, fiscal_start: int) -> tuple[date, date]:
    """Return the first and last month of a window that ends with `last`."""
    match window:
        case Window.T12M:
            return add_months(last, -11), last
        case Window.QUARTER:
            return add_months(last, -2), last
    return fiscal_year_start(last, fiscal_start), last


def kept_windows(last: date) -> dict[str, date]:
    """Return the first month of each window that is kept, all of which end with `last`."""
    return {window: window_of(window, last, settings.TWOFOLD_FISCAL_YEAR_START)[0] for window in Window.values}
