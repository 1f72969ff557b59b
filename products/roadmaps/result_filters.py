"""Filters of results, and of what shipped; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from products.roadmaps.models import Experiment, Item

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}


class ResultFilter(KnownFilterSet):
    """Filters of experiments."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    item = CodeFilter(field_name="item", label="Item")
    roadmap = CodeFilter(field_name="item__roadmap", label="Roadmap")
    metric = CodeFilter(field_name="item__metric", label="Metric")
    # A keyword, and the right word.
    vars()["from"] = django_filters.DateFilter(field_name="concluded_on", lookup_expr="gte", label="From", **DAY)
    to = django_filters.DateFilter(field_name="concluded_on", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Experiment
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the experiments whose item, metric or source has the words."""
        return queryset.filter(
            Q(item__code__icontains=value)
            | Q(item__name__icontains=value)
            | Q(item__metric__name__icontains=value)
            | Q(source__icontains=value)
        )


class ResultTable(ResultFilter):
    """The page's experiments, in the order of its headers."""

    sort = SortFilter(("concluded_on", "concluded"), ("item__name", "item"), ("item__metric__name", "metric"))


class ShippedTable(django_filters.FilterSet):
    """What a roadmap shipped, in the order of its headers."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    metric = CodeFilter(field_name="metric", label="Metric")
    sort = SortFilter(("ended_on", "shipped"), "name", ("metric__name", "metric"))

    class Meta:
        model = Item
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the items whose name, code or metric has the words."""
        return queryset.filter(Q(name__icontains=value) | Q(code__icontains=value) | Q(metric__name__icontains=value))
