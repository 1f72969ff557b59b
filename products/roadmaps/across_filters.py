"""Filters of the items of all roadmaps that are still to be done, and by what they are grouped."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, TextChoices

from portfolio.common.filters import CodeFilter, codes_in
from portfolio.common.models import User
from products.catalog.models import ValueStream
from products.roadmaps.models import Horizon, Item, ItemKind, State
from products.roadmaps.models.roadmaps import OPEN


class By(TextChoices):
    """What the items of all roadmaps are grouped by."""

    METRIC = "metric", "Outcome"
    STREAM = "stream", "Value stream"
    TEAM = "team", "Team"
    PARTNER = "partner", "Business partner"


def _partners(request: Any) -> Any:
    return User.objects.filter(pk__in=Item.objects.open().values("business_champion")).order_by("username")


class AcrossFilter(django_filters.FilterSet):
    """Which items are shown, and in which groups."""

    by = django_filters.ChoiceFilter(choices=By.choices, empty_label=None, method="grouped", label="Grouped by")
    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    value_stream = CodeFilter(field_name="product__value_stream", method="in_stream", label="Value stream")
    product = CodeFilter(field_name="product", label="Product")
    team = CodeFilter(field_name="team", label="Team")
    partner = django_filters.ModelChoiceFilter(
        field_name="business_champion",
        queryset=_partners,
        to_field_name="username",
        empty_label="anyone",
        label="Business partner",
    )
    kind = django_filters.ChoiceFilter(choices=ItemKind.choices, empty_label="any", label="Kind")
    state = django_filters.ChoiceFilter(
        choices=[(state, State(state).label) for state in OPEN], empty_label="any", label="State"
    )
    horizon = django_filters.ChoiceFilter(choices=Horizon.choices, empty_label="any", label="Horizon")

    class Meta:
        model = Item
        fields: list[str] = []

    def grouped(self, queryset, name, value):
        """Return the rows as they are: how they are grouped leaves none out."""
        return queryset

    def matching(self, queryset, name, value):
        """Return the items with the words in their name, code or description, or in the name of their metric."""
        return queryset.filter(
            Q(name__icontains=value)
            | Q(code__icontains=value)
            | Q(description__icontains=value)
            | Q(metric__name__icontains=value)
        )

    def in_stream(self, queryset, name, value):
        """Return the items of products in one of the value streams, or in a stream below."""
        codes = codes_in(value)
        if not codes:
            return queryset
        streams = ValueStream.objects.filter(code__in=codes).values_list("pk", flat=True)
        return queryset.filter(product__value_stream__in=ValueStream.objects.subtree(list(streams)))

    @property
    def grouped_by(self) -> By:
        """What the items are grouped by: outcomes, unless something else is asked for."""
        asked = self.form.cleaned_data.get("by") if self.form.is_valid() else ""
        return By(asked or By.METRIC)
