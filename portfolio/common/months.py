"""Months as dates on the first of the month, and intervals `[starts, ends)` of days."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q

#: Days that rows may be about. It catches years typed wrongly, and keeps every sum over months finite.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


def today() -> date:
    """Return the day the figures are for: the real one, unless TWOFOLD_TODAY holds it still."""
    return settings.TWOFOLD_TODAY or date.today()  # noqa: DTZ011


def month_of(day: date) -> date:
    """Return the first day of the month that `day` is in."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month `count` months after `month` (before, if negative)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_after(day: date, count: int) -> date:
    """Return the same day `count` months later; the month's last, where it has no such day."""
    month = add_months(month_of(day), count)
    return month.replace(day=min(day.day, days_in(month)))


def months_between(first: date, last: date) -> int:
    """Return how many whole months have passed from one day to a later one: 1 from 31 March to 30 April."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return count if months_after(first, count) <= last else count - 1


def month_range(first: date, last: date) -> Iterator[date]:
    """Yield each month from that of `first` to that of `last`, both included."""
    month = month_of(first)
    while month <= last:
        yield month
        month = add_months(month, 1)


def days_in(month: date) -> int:
    """Return how many days `month` has."""
    return (add_months(month, 1) - month).days


def last_day(ends: date) -> date:
    """Return the last day inside an interval that ends, exclusively, on `ends`."""
    return ends - timedelta(days=1)


def parse_month(text: str) -> date:
    """Return the month written as YYYY-MM; ValueError says what is needed."""
    try:
        year, month = text.split("-")
        first = date(int(year), int(month), 1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a month; write it like 2016-04.") from error
    if not FIRST_DAY <= first <= LAST_DAY:
        raise ValueError(f"{text!r} is out of reach; months go from {FIRST_DAY:%Y-%m} to {LAST_DAY:%Y-%m}.")
    return first


def fiscal_year(day: date) -> date:
    """Return the first day of the fiscal year that `day` is in; the setting says in which month one starts."""
    start = settings.TWOFOLD_FISCAL_YEAR_START
    return date(day.year if day.month >= start else day.year - 1, start, 1)


def fiscal_year_name(first: date) -> str:
    """Return what the fiscal year that starts on `first` is called: 2016, or 2016/17 where it spans two."""
    return f"{first.year}" if first.month == 1 else f"{first.year}/{(first.year + 1) % 100:02d}"


def overlap_days(starts: date, ends: date | None, first: date, after: date) -> int:
    """Return how many days of `[starts, ends)` lie in `[first, after)`; no end means for ever."""
    return max(0, ((min(ends, after) if ends else after) - max(starts, first)).days)


def during(first: date, after: date | None) -> Q:
    """Return the condition that a row's `[starts, ends)` has a day in `[first, after)`."""
    condition = Q(ends__gt=first) | Q(ends=None)
    return condition & Q(starts__lt=after) if after else condition


class FirstOfMonth(Func):
    """The first day of a date's month, in a form that a generated column may use on both databases."""

    output_field = models.DateField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="date(%(expressions)s, 'start of month')", **context)

    def as_postgresql(self, compiler, connection, **context):
        # date_trunc() on a date goes through a timestamp with a time zone and so is not immutable.
        inner, params = compiler.compile(self.source_expressions[0])
        sql = f"make_date(EXTRACT(YEAR FROM {inner})::int, EXTRACT(MONTH FROM {inner})::int, 1)"
        return sql, (*params, *params)


class LastMonth(FirstOfMonth):
    """The month of the last day inside an interval, given its exclusive end."""

    def as_sqlite(self, compiler, connection, **context):
        return Func.as_sql(
            self,
            compiler,
            connection,
            template="date(%(expressions)s, '-1 day', 'start of month')",
            **context,
        )

    def as_postgresql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        day = f"({inner} - 1)"
        return f"make_date(EXTRACT(YEAR FROM {day})::int, EXTRACT(MONTH FROM {day})::int, 1)", (
            *params,
            *params,
        )


def month_column(source: str = "starts") -> models.GeneratedField:
    """A stored column with the month in which a fact starts: what the roll-up of a month reads by."""
    return models.GeneratedField(expression=FirstOfMonth(F(source)), output_field=models.DateField(), db_persist=True)


def last_month_column(source: str = "ends") -> models.GeneratedField:
    """A stored column with the month in which a fact's last day lies; later than `month` for long intervals."""
    return models.GeneratedField(expression=LastMonth(F(source)), output_field=models.DateField(), db_persist=True)
