"""How stable funding is: since when, how often it changed, and when it was last cut.

A change is a day on which what is paid a month becomes another amount. That a row was corrected because it was
recorded wrongly is none: only what holds counts, as known at a moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from funding.models import Allocation, FundingStream
from portfolio.common.months import months_after, months_between, today
from portfolio.common.parts import Units

MOST_MONTHS = 36  #: how far back changes are counted
LEAST_MONTHS = 12  #: so that one change in the first month of a product is not twelve a year


@dataclass(frozen=True)
class Stability:
    """How stable the funding of a product, or what a stream pays, was up to the day `on`."""

    on: date
    funded_since: date | None  #: the first day with money; None where there never was any
    last_changed: date | None  #: None where it is as it began
    last_cut: date | None
    changes: int  #: days on which it changed, over `months_counted`
    months_counted: int  #: since it was first funded, but at least 12 and at most 36

    @property
    def months_funded(self) -> int | None:
        """Whole months since it was first funded."""
        return None if self.funded_since is None else months_between(self.funded_since, self.on)

    @property
    def months_since_cut(self) -> int | None:
        """Whole months since the last cut; None where there was none."""
        return None if self.last_cut is None else months_between(self.last_cut, self.on)

    @property
    def changes_a_year(self) -> Decimal:
        """Changes a year, to one decimal."""
        return (Decimal(12 * self.changes) / self.months_counted).quantize(Decimal("0.1"))

    @property
    def cut_words(self) -> str:
        """When it was last cut, in words; empty where it was never funded."""
        if self.funded_since is None:
            return ""
        if self.months_since_cut is None:
            return "never cut"
        return f"cut {_months(self.months_since_cut)} ago" if self.months_since_cut else "cut within a month"

    @property
    def words(self) -> str:
        """All of it in a line; empty where it was never funded."""
        if self.months_funded is None:
            return ""
        funded = f"funded for {_months(self.months_funded)}"
        if self.last_changed is None:
            return f"{funded}, unchanged since"
        return f"{funded}, {self.changes_a_year} changes a year"


def _months(count: int) -> str:
    return f"{count} month{'' if count == 1 else 's'}"


def stability(changes: Mapping[date, bool], on: date) -> Stability:
    """Return how stable funding is, given the days on which it changed, each with whether it was cut.

    The first day is that of its first money. Days after `on` are yet to come, and are left out.
    """
    days = sorted(day for day in changes if day <= on)
    if not days:
        return Stability(on, None, None, None, 0, LEAST_MONTHS)
    first, later = days[0], days[1:]
    since = months_after(on, -MOST_MONTHS)
    counted = min(MOST_MONTHS, max(LEAST_MONTHS, months_between(first, on)))
    return Stability(
        on,
        first,
        later[-1] if later else None,
        max((day for day in later if changes[day]), default=None),
        sum(day > since for day in later),
        counted,
    )


def of_streams(streams: Iterable[FundingStream], at: datetime | None = None) -> dict[int, Stability]:
    """Return how stable what each stream pays in all is, by its key, as known at a moment: two queries.

    Money that moves between its products on one day leaves what the stream pays as it is.
    """
    steps: dict[int, dict[date, int]] = {stream.pk: {} for stream in streams}
    rows = Allocation.objects.known(at).filter(stream__in=list(steps)).order_by()
    for day, sign in (("starts", 1), ("ends", -1)):
        sums = rows.exclude(**{day: None}).values_list("stream_id", day)
        for stream, on, cents in sums.annotate(cents=Sum(Units("monthly_amount", scale=100))):
            steps[stream][on] = steps[stream].get(on, 0) + sign * int(cents)
    return {
        stream: stability({day: cents < 0 for day, cents in found.items() if cents}, today())
        for stream, found in steps.items()
    }
