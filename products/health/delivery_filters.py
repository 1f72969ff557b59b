"""Filters of delivery events; page and API use the same, the page adds the order of its table."""

import django_filters
from django import forms

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from products.health.models import DeliveryEvent, EventKind

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class DeliveryEventFilter(KnownFilterSet):
    """Filters of delivery events."""

    service = CodeFilter(field_name="service", label="Service")
    product = CodeFilter(field_name="service__product", label="Product")
    kind = django_filters.ChoiceFilter(choices=EventKind.choices, empty_label="any", label="Kind")
    reference = django_filters.CharFilter(field_name="reference", lookup_expr="icontains", label="Reference")
    # A keyword, and the right word.
    vars()["from"] = django_filters.DateFilter(field_name="happened_at", lookup_expr="date__gte", label="From", **DAY)
    to = django_filters.DateFilter(field_name="happened_at", lookup_expr="date__lte", label="To", **DAY)

    class Meta:
        model = DeliveryEvent
        fields: list[str] = []


class DeliveryEventTable(DeliveryEventFilter):
    """The page's events, in the order of its headers."""

    sort = SortFilter(("happened_at", "when"), ("service__name", "service"), "kind")
