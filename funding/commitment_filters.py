"""Filters of commitments, transfers and what is carried forward; page and API use the same."""

import django_filters
from django import forms
from django.db.models import Q

from funding.filters import DAY, CurrencyFilter
from funding.models import CarryForward, Commitment, Transfer
from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in


class CommitmentFilter(KnownFilterSet):
    """Filters of commitments."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    product = CodeFilter(field_name="product", label="Product")
    stream = CodeFilter(field_name="stream", label="Stream")
    account = django_filters.CharFilter(lookup_expr="iexact", label="Account")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)
    currency = CurrencyFilter(label="Currency")
    settled = django_filters.ChoiceFilter(
        method="by_settled", label="Settled", choices=[("no", "no"), ("yes", "yes")], empty_label="any"
    )

    class Meta:
        model = Commitment
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the commitments whose reference, supplier or memo has the words."""
        return queryset.filter(Q(reference__icontains=value) | Q(supplier__icontains=value) | Q(memo__icontains=value))

    def holding_on(self, queryset, name, value):
        """Return the commitments with a day."""
        return queryset.current(value)

    def by_settled(self, queryset, name, value):
        """Return the commitments that the books have, or those that they do not."""
        return queryset.outstanding() if value == "no" else queryset.exclude(settled_on=None)


class CommitmentTable(CommitmentFilter):
    """The page's commitments, in the order of its headers."""

    sort = SortFilter(
        "reference", "starts", ("product__name", "product"), ("stream__name", "stream"), "supplier",
        ("base_amount", "amount"), ("settled_on", "settled"),
    )  # fmt: skip


class TransferFilter(KnownFilterSet):
    """Filters of transfers; a stream is found at either end."""

    stream = django_filters.CharFilter(method="at_either_end", label="Stream")
    vars()["from"] = django_filters.DateFilter(field_name="moved_on", lookup_expr="gte", label="From", **DAY)
    to = django_filters.DateFilter(field_name="moved_on", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Transfer
        fields: list[str] = []

    def at_either_end(self, queryset, name, value):
        """Return the transfers from or to streams with these codes."""
        codes = codes_in(value)
        return queryset.filter(Q(from_stream__code__in=codes) | Q(to_stream__code__in=codes)) if codes else queryset


class TransferTable(TransferFilter):
    """The page's transfers, in the order of its headers."""

    sort = SortFilter(
        ("from_stream__name", "from"), ("to_stream__name", "to"), ("moved_on", "day"), ("base_amount", "amount")
    )


class CarryForwardFilter(KnownFilterSet):
    """Filters of what was carried forward."""

    stream = CodeFilter(field_name="stream", label="Stream")
    year = django_filters.DateFilter(label="Into the year from", **DAY)

    class Meta:
        model = CarryForward
        fields: list[str] = []


class CarryForwardTable(CarryForwardFilter):
    """The page's rows, in the order of its headers."""

    sort = SortFilter(("stream__name", "stream"), "year", "amount")
