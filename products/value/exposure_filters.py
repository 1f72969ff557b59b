"""Filters of exposures; page and API use the same, the page adds the order of its table."""

import django_filters
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from products.value.filters import DAY, WORDS
from products.value.models import Exposure


class ExposureFilter(KnownFilterSet):
    """Filters of exposures."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    metric = CodeFilter(field_name="metric", label="Metric")
    on = django_filters.DateFilter(method="holding_on", label="Open on", **DAY)

    class Meta:
        model = Exposure
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the rows whose flag or product has the words."""
        return queryset.filter(Q(flag__icontains=value) | Q(product__name__icontains=value))

    def holding_on(self, queryset, name, value):
        """Return the rows that hold on a day."""
        return queryset.current(value)


class ExposureTable(ExposureFilter):
    """The page's exposures, in the order of its headers."""

    sort = SortFilter("starts", "flag", ("product__name", "product"), "share")
