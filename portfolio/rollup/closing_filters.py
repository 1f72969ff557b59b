"""Filters of period closes; page and API use the same."""

from funding.models import PeriodClose
from portfolio.common.filters import KnownFilterSet, MonthFilter


class PeriodCloseFilter(KnownFilterSet):
    """Filters of period closes."""

    month = MonthFilter(field_name="month", label="Month")

    class Meta:
        model = PeriodClose
        fields: list[str] = []
