"""Filters of roadmaps; page and API use the same, a page adds the order of its table."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, SortFilter, codes_in
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.models import ValueStream
from products.roadmaps.models import Item, Member, Roadmap

OVERDUE = (
    ("review", "a review"),
    ("end", "the end of an item"),
    ("promise", "the day of a promise"),
)


def _members(request: Any) -> Any:
    return User.objects.filter(pk__in=Member.objects.values("user")).order_by("username")


class RoadmapFilter(django_filters.FilterSet):
    """Filters of roadmaps."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    product = CodeFilter(field_name="products", method="of_product", label="Product")
    value_stream = CodeFilter(field_name="products__value_stream", method="in_stream", label="Value stream")
    member = django_filters.ModelChoiceFilter(
        field_name="members__user",
        queryset=_members,
        to_field_name="username",
        method="of_member",
        empty_label="anyone",
        label="Member",
    )
    overdue = django_filters.ChoiceFilter(
        choices=OVERDUE, method="with_overdue", empty_label="anything or nothing", label="Overdue"
    )

    class Meta:
        model = Roadmap
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the roadmaps with the words in their name, code or purpose, or in the name of an item."""
        items = Item.objects.kept().filter(name__icontains=value).values("roadmap")
        return queryset.filter(
            Q(name__icontains=value) | Q(code__icontains=value) | Q(purpose__icontains=value) | Q(pk__in=items)
        )

    def of_product(self, queryset, name, value):
        """Return the roadmaps that one of the products belongs to."""
        codes = codes_in(value)
        return self._having(queryset, product__code__in=codes) if codes else queryset

    def in_stream(self, queryset, name, value):
        """Return the roadmaps with a product of one of the value streams, or of a stream below."""
        codes = codes_in(value)
        if not codes:
            return queryset
        streams = ValueStream.objects.filter(code__in=codes).values_list("pk", flat=True)
        return self._having(queryset, product__value_stream__in=ValueStream.objects.subtree(list(streams)))

    def _having(self, queryset, **products):
        # Not by a join: that would count each item once for each product.
        return queryset.filter(pk__in=Roadmap.products.through.objects.filter(**products).values("roadmap"))

    def of_member(self, queryset, name, value):
        """Return the roadmaps that somebody owns on either side."""
        return queryset.of_member(value) if value else queryset

    def with_overdue(self, queryset, name, value):
        """Return the roadmaps of which a review is overdue, or the end or the promise of an open item."""
        if value == "review":
            return queryset.filter(due_in__lt=0)
        late = {"ends__lte": today()} if value == "end" else {"by_when__lt": today()}
        return queryset.filter(pk__in=Item.objects.open().filter(**late).values("roadmap"))


class RoadmapTable(RoadmapFilter):
    """The page's roadmaps, in the order of its headers."""

    sort = SortFilter(
        "name", ("now_count", "now"), ("next_count", "next"), ("later_count", "later"), ("shipped_count", "shipped"),
        ("baselined_at", "baseline"), ("due_in", "due"),
    )  # fmt: skip
