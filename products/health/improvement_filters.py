"""Filters of the page of improvement: which services are shown; their ranks stay those among all."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, codes_in
from products.catalog.models import ValueStream
from products.health.models import Service


class ImprovementFilter(django_filters.FilterSet):
    """Which services are shown."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    team = CodeFilter(field_name="owner", label="Team")
    product = CodeFilter(field_name="product", label="Product")
    value_stream = CodeFilter(field_name="product__value_stream", method="in_stream", label="Value stream")
    sort = django_filters.CharFilter(method="as_they_come", widget=forms.HiddenInput, label="Order")

    class Meta:
        model = Service
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the services whose name, code, product or team has the words."""
        return queryset.filter(
            Q(name__icontains=value)
            | Q(code__icontains=value)
            | Q(product__name__icontains=value)
            | Q(owner__name__icontains=value)
        )

    def in_stream(self, queryset, name, value):
        """Return the services of products in one of the value streams, or in a stream below."""
        codes = codes_in(value)
        streams = ValueStream.objects.filter(code__in=codes).values_list("pk", flat=True)
        return queryset.filter(product__value_stream__in=ValueStream.objects.subtree(list(streams)))

    def as_they_come(self, queryset, name, value):
        """Return the rows as they are: the order is by what is worked out of them."""
        return queryset
