"""Filters of links and usage; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, MonthFilter, SortFilter, codes_in
from portfolio.network.models import Link, Usage

SEARCH = {"widget": forms.TextInput(attrs={"type": "search"})}


class BetweenProductsFilter(KnownFilterSet):
    """Filters by either side, or one of them."""

    product = CodeFilter(field_name="supplier", method="either", label="Product")
    supplier = CodeFilter(field_name="supplier", label="Supplier")
    consumer = CodeFilter(field_name="consumer", label="Consumer")
    value_stream = CodeFilter(field_name="supplier__value_stream", method="in_stream", label="Value stream")

    def either(self, queryset, name, value):
        """Return the rows in which one of the products supplies or consumes."""
        return queryset.of_products(codes_in(value))

    def in_stream(self, queryset, name, value):
        """Return the rows with a product of one of the value streams, or of those below, on either side."""
        return queryset.of_value_streams(codes_in(value))


class LinkFilter(BetweenProductsFilter):
    """Filters of links."""

    search = django_filters.CharFilter(method="matching", label="Search", **SEARCH)
    on = django_filters.DateFilter(
        method="holding_on", label="Holding on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = Link
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the links whose service, supplier or consumer has the words."""
        return queryset.matching(value, Q(service__icontains=value))

    def holding_on(self, queryset, name, value):
        """Return the links that hold on a day."""
        return queryset.current(value)


class LinkTable(LinkFilter):
    """The page's links, in the order of its headers."""

    sort = SortFilter(
        ("supplier__name", "supplier"), ("consumer__name", "consumer"), "service", "share", "starts"
    )  # fmt: skip


class UsageFilter(BetweenProductsFilter):
    """Filters of usage."""

    search = django_filters.CharFilter(method="matching", label="Search", **SEARCH)
    month = MonthFilter(field_name="month", label="Month")
    vars()["from"] = MonthFilter(field_name="month", lookup_expr="gte", label="From")  # a keyword, and the right word
    to = MonthFilter(field_name="month", lookup_expr="lte", label="To")
    outside = django_filters.BooleanFilter(field_name="consumer", lookup_expr="isnull", label="By customers outside")

    class Meta:
        model = Usage
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the usage whose supplier or consumer has the words."""
        return queryset.matching(value)


class UsageTable(UsageFilter):
    """The page's usage, in the order of its headers."""

    sort = SortFilter("month", ("supplier__name", "supplier"), ("consumer__name", "consumer"), "quantity")
