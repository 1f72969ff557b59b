"""Filters of journeys, their steps and passages; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, MonthFilter, SortFilter, codes_in
from products.health.models import Journey, Passage, Step

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}


class JourneyFilter(django_filters.FilterSet):
    """Filters of journeys."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    process = CodeFilter(field_name="process", label="Business process")
    service = CodeFilter(field_name="steps__service", label="Through service", method="through")

    class Meta:
        model = Journey
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the journeys whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))

    def through(self, queryset, name, value):
        """Return the journeys of which a step that stands is done by one of the services."""
        codes = codes_in(value)
        if not codes:
            return queryset
        return queryset.filter(pk__in=Step.objects.known().filter(service__code__in=codes).values("journey"))


class JourneyTable(JourneyFilter):
    """The page's journeys, in the order of its headers."""

    sort = SortFilter("name", ("product__name", "product"), "availability", ("response_ms", "response"))


class StepFilter(KnownFilterSet):
    """Filters of steps."""

    journey = CodeFilter(field_name="journey", label="Journey")
    service = CodeFilter(field_name="service", label="Service")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Step
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the steps that hold on a day."""
        return queryset.current(value)


class StepTable(StepFilter):
    """The page's steps, in the order of its headers."""

    sort = SortFilter(("journey__name", "journey"), "position", "name", ("service__name", "service"), "starts")


class PassageFilter(KnownFilterSet):
    """Filters of passages."""

    journey = CodeFilter(field_name="journey", label="Journey")
    month = MonthFilter(field_name="month", label="Month")

    class Meta:
        model = Passage
        fields: list[str] = []


class PassageTable(PassageFilter):
    """The page's passages, in the order of its headers."""

    sort = SortFilter(("journey__name", "journey"), "position", "month", "entered", "completed")
