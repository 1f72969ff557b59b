"""Filters of this room's rows; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in
from products.value.models import (
    Behaviour,
    Confirmation,
    Evidence,
    FeltBy,
    Metric,
    MetricQuerySet,
    Observation,
    Valuation,
)

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}
YES = "true"


class YesNoFilter(django_filters.ChoiceFilter):
    """Filters by yes or no, written true and false in addresses; the method is given the text."""

    def __init__(self, yes: str, no: str, **options):
        super().__init__(choices=[(YES, yes), ("false", no)], empty_label="any", **options)


class StreamFilter(CodeFilter):
    """Filters by the value streams of the products, with all streams below them."""

    def filter(self, queryset: MetricQuerySet, value):
        """Return the metrics of the streams with the codes and of those below."""
        codes = codes_in(value)
        return queryset.below(codes) if codes else queryset


class MetricFilter(django_filters.FilterSet):
    """Filters of metrics; what they stand at is of today."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    value_stream = StreamFilter(field_name="product__value_stream", label="Value stream")
    behaviour = django_filters.ChoiceFilter(choices=Behaviour.choices, empty_label="any", label="Behaviour")
    felt_by = django_filters.ChoiceFilter(choices=FeltBy.choices, empty_label="anyone", label="Felt by")
    valued = YesNoFilter("valued", "unvalued", method="is_valued", label="Worth")
    overdue = YesNoFilter("overdue", "not overdue", method="is_overdue", label="Observed")

    class Meta:
        model = Metric
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the metrics whose code, name, unit or product has the words."""
        return queryset.filter(
            Q(code__icontains=value)
            | Q(name__icontains=value)
            | Q(unit__icontains=value)
            | Q(product__name__icontains=value)
        )

    def is_valued(self, queryset, name, value):
        """Return the metrics whose worth is known today, or is not."""
        return queryset.valued(value == YES)

    def is_overdue(self, queryset, name, value):
        """Return the metrics of which an observation should have come, or need not have."""
        seen = queryset.with_seen()
        return seen.filter(days_late__gt=0) if value == YES else seen.exclude(days_late__gt=0)


class MetricTable(MetricFilter):
    """The page's metrics, in the order of its headers."""

    sort = SortFilter(
        "name", ("product__name", "product"), "behaviour", ("latest_ends", "seen"), ("days_late", "late"), "felt_by"
    )


class MetricRowFilter(KnownFilterSet):
    """What the filters of a metric's rows have in common."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    metric = CodeFilter(field_name="metric", label="Metric")
    product = CodeFilter(field_name="metric__product", label="Product")

    def matching(self, queryset, name, value):
        """Return the rows whose metric, product or source has the words."""
        return queryset.filter(
            Q(metric__code__icontains=value)
            | Q(metric__name__icontains=value)
            | Q(metric__product__name__icontains=value)
            | Q(source__icontains=value)
        )


class ObservationFilter(MetricRowFilter):
    """Filters of observations. One that is for several days is found by any of them."""

    behaviour = django_filters.ChoiceFilter(
        field_name="metric__behaviour", choices=Behaviour.choices, empty_label="any", label="Behaviour"
    )
    # A keyword, and the right word.
    vars()["from"] = django_filters.DateFilter(field_name="ends", lookup_expr="gt", label="From", **DAY)
    to = django_filters.DateFilter(field_name="starts", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Observation
        fields: list[str] = []


class ObservationTable(ObservationFilter):
    """The page's observations, in the order of its headers."""

    sort = SortFilter("starts", ("metric__name", "metric"), ("metric__product__name", "product"), "value")


class ValuationFilter(MetricRowFilter):
    """Filters of valuations."""

    evidence = django_filters.ChoiceFilter(choices=Evidence.choices, empty_label="any", label="Evidence")
    confirmed = YesNoFilter("confirmed", "not confirmed", method="is_confirmed", label="Confirmed")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Valuation
        fields: list[str] = []

    def is_confirmed(self, queryset, name, value):
        """Return the valuations that someone else has confirmed, or nobody has."""
        counted = queryset.with_confirmed()
        return counted.filter(confirmed__gt=0) if value == YES else counted.filter(confirmed=0)

    def holding_on(self, queryset, name, value):
        """Return the valuations that hold on a day."""
        return queryset.current(value)


class ValuationTable(ValuationFilter):
    """The page's valuations, in the order of its headers."""

    sort = SortFilter(
        ("metric__name", "metric"), ("metric__product__name", "product"), "evidence", "starts", "low", "confirmed"
    )


class ConfirmationFilter(KnownFilterSet):
    """Filters of confirmations."""

    metric = CodeFilter(field_name="valuation__metric", label="Metric")
    product = CodeFilter(field_name="valuation__metric__product", label="Product")
    valuation = django_filters.NumberFilter(
        field_name="valuation", label="Valuation", min_value=1, max_value=2**63 - 1, decimal_places=0
    )
    by = django_filters.CharFilter(field_name="recorded_by__username", label="Confirmed by")

    class Meta:
        model = Confirmation
        fields: list[str] = []
