"""Filters of decisions; page and API use the same, a page adds the order of its table."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, MomentFilter, SortFilter, codes_in
from portfolio.common.models import User
from portfolio.rebalance.models import Decision, Status
from products.catalog.models import ValueStream

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


def _people(request: Any) -> Any:
    """Return whoever proposed, approved, applied or ended a decision."""
    columns = ("proposed_by", "applied_by", "ended_by", "approvals__by")
    found = Q()
    for column in columns:
        found |= Q(pk__in=Decision.objects.exclude(**{column: None}).order_by().values(column))
    return User.objects.filter(found).order_by("username")


class DecisionFilter(django_filters.FilterSet):
    """Filters of decisions; with `known`, as they stood at that moment."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    status = django_filters.ChoiceFilter(choices=Status.choices, field_name="state", empty_label="any", label="Status")
    value_stream = CodeFilter(field_name="value_stream", method="in_stream", label="Value stream")
    product = CodeFilter(field_name="lines__product", method="of_product", label="Product")
    by = django_filters.ModelChoiceFilter(
        field_name="proposed_by",
        queryset=_people,
        to_field_name="username",
        method="of_person",
        empty_label="anyone",
        label="Person",
    )
    vars()["from"] = django_filters.DateFilter(field_name="starts", lookup_expr="gte", label="In force from", **DAY)
    to = django_filters.DateFilter(field_name="starts", lookup_expr="lte", label="to", **DAY)
    known = MomentFilter(method="as_known", label="As known at")

    class Meta:
        model = Decision
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the decisions whose title or reasons have the words."""
        return queryset.filter(Q(title__icontains=value) | Q(why__icontains=value))

    def in_stream(self, queryset, name, value):
        """Return the decisions that change a product of one of the value streams, or below."""
        codes = codes_in(value)
        if not codes:
            return queryset
        streams = ValueStream.objects.filter(code__in=codes).values_list("pk", flat=True)
        return queryset.touching(product__value_stream__in=ValueStream.objects.subtree(list(streams)))

    def of_product(self, queryset, name, value):
        """Return the decisions that change the money of one of the products."""
        codes = codes_in(value)
        return queryset.touching(product__code__in=codes) if codes else queryset

    def of_person(self, queryset, name, value):
        """Return the decisions that somebody proposed, approved, declined, applied or withdrew."""
        return queryset.of_person(value) if value else queryset

    def as_known(self, queryset, name, value):
        """Return the rows as they are; see `filter_queryset`."""
        return queryset

    def filter_queryset(self, queryset):
        """Apply all filters to decisions as they stood at the moment."""
        return super().filter_queryset(queryset.as_at(self.form.cleaned_data.get("known")))


class DecisionTable(DecisionFilter):
    """The page's decisions, in the order of its headers."""

    sort = SortFilter(
        "title", ("state", "status"), ("value_stream__name", "value_stream"), "starts", ("proposed_at", "proposed"),
        ("proposed_by__username", "by"), ("line_count", "changes"),
    )  # fmt: skip
