"""Filters of scores; page and API use the same, a page adds the order of its table."""

import django_filters

from portfolio.common.filters import SortFilter
from products.value.filters import DAY, MetricRowFilter
from products.value.models import Asks, Score


class ScoreFilter(MetricRowFilter):
    """Filters of scores. One that is for several days is found by any of them."""

    asks = django_filters.ChoiceFilter(
        field_name="metric__asks",
        choices=[(one.value, one.value.capitalize()) for one in Asks],
        empty_label="anything",
        label="Asks for",
    )
    # A keyword, and the right word.
    vars()["from"] = django_filters.DateFilter(field_name="ends", lookup_expr="gt", label="From", **DAY)
    to = django_filters.DateFilter(field_name="starts", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Score
        fields: list[str] = []


class ScoreTable(ScoreFilter):
    """The page's scores, in the order of its headers."""

    sort = SortFilter("starts", ("metric__name", "metric"), ("metric__product__name", "product"), "answers")
