"""Filters of what teams are recognised for; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from products.value.models import Celebration, SharedOutcome

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}
LATEST = 5  #: that are shown where there may be more


class CelebrationFilter(django_filters.FilterSet):
    """Filters of celebrations."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    team = CodeFilter(field_name="teams", label="Team")
    person = CodeFilter(field_name="people", label="Person")
    metric = CodeFilter(field_name="metric", label="Metric")
    product = CodeFilter(field_name="metric__product", label="Product")

    class Meta:
        model = Celebration
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the celebrations whose metric or product has the words in its name."""
        return queryset.filter(Q(metric__name__icontains=value) | Q(metric__product__name__icontains=value))


class CelebrationTable(CelebrationFilter):
    """The page's celebrations, in the order of its headers; one metric's are on its own page."""

    metric = None  # type: ignore[assignment]  # how a filter of the base is left out
    sort = SortFilter(("metric__name", "metric"), ("metric__product__name", "product"), ("observed_on", "on"))


class SharedOutcomeFilter(KnownFilterSet):
    """Filters of shared outcomes."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)
    team = CodeFilter(field_name="team", label="Team")
    metric = CodeFilter(field_name="metric", label="Metric")

    class Meta:
        model = SharedOutcome
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the shared outcomes whose metric or product has the words in its name."""
        return queryset.filter(Q(metric__name__icontains=value) | Q(metric__product__name__icontains=value))

    def holding_on(self, queryset, name, value):
        """Return the rows that hold on a day."""
        return queryset.current(value)


class SharedOutcomeTable(SharedOutcomeFilter):
    """The page's shared outcomes, in the order of its headers; a metric is found by its words."""

    metric = None  # type: ignore[assignment]  # how a filter of the base is left out
    sort = SortFilter(("team__name", "team"), ("metric__name", "metric"), "starts", "ends")
