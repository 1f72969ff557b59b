"""The periods that budgets are looked at by: a month, a quarter of the fiscal year, a fiscal year."""

from dataclasses import dataclass
from datetime import date

from portfolio.common import formats
from portfolio.common.months import add_months, fiscal_year, fiscal_year_name, month_of, month_range

MONTH, QUARTER, YEAR = "month", "quarter", "year"
LENGTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


@dataclass(frozen=True)
class Period:
    """Whole months, none of them outside one fiscal year."""

    kind: str
    first: date

    @property
    def last(self) -> date:
        """The first day of its last month."""
        return add_months(self.first, LENGTHS[self.kind] - 1)

    @property
    def after(self) -> date:
        """The first day after it."""
        return add_months(self.last, 1)

    @property
    def months(self) -> list[date]:
        """The first day of each of its months."""
        return list(month_range(self.first, self.last))

    @property
    def year(self) -> "Period":
        """The fiscal year it is in."""
        return period_of(YEAR, self.first)

    @property
    def name(self) -> str:
        """What it is called: March 2017, quarter 4 of 2016/17, 2016/17."""
        year = fiscal_year(self.first)
        if self.kind == YEAR:
            return fiscal_year_name(year)
        if self.kind == QUARTER:
            number = ((self.first.year - year.year) * 12 + self.first.month - year.month) // 3 + 1
            return f"quarter {number} of {fiscal_year_name(year)}"
        return formats.month_name(self.first)

    def moved(self, steps: int) -> "Period":
        """Return the period of its kind so many after it; before it, below zero."""
        return Period(self.kind, add_months(self.first, steps * LENGTHS[self.kind]))


@dataclass(frozen=True)
class Span:
    """Whole months in a row, of as many fiscal years as they like: what is looked at beyond one budget."""

    first: date
    last: date  #: the first day of its last month

    @property
    def after(self) -> date:
        """The first day after it."""
        return add_months(self.last, 1)

    @property
    def months(self) -> list[date]:
        """The first day of each of its months."""
        return list(month_range(self.first, self.last))

    @property
    def year(self) -> "Span":
        """What is read for it: itself."""
        return self


def period_of(kind: str, day: date) -> Period:
    """Return the period of a kind that a day lies in; quarters are those of the fiscal year."""
    if kind == MONTH:
        return Period(MONTH, month_of(day))
    year = fiscal_year(day)
    if kind == YEAR:
        return Period(YEAR, year)
    months = (day.year - year.year) * 12 + day.month - year.month
    return Period(QUARTER, add_months(year, months // 3 * 3))
