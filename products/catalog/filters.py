"""Filters of this room's rows; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in
from portfolio.common.models import User
from products.catalog.models import (
    Assignment,
    Insight,
    InsightKind,
    Kind,
    Product,
    ProductQuerySet,
    Segment,
    Stage,
    ValueStream,
)

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}


class ValueStreamFilter(django_filters.FilterSet):
    """Filters of value streams."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    parent = CodeFilter(field_name="parent", label="Directly below")

    class Meta:
        model = ValueStream
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the streams whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))


class SubtreeFilter(CodeFilter):
    """Filters products by value streams, with all streams below them."""

    def filter(self, queryset: ProductQuerySet, value):
        """Return the products of the streams with the codes and of those below."""
        codes = codes_in(value)
        return queryset.below(codes) if codes else queryset


class ProductFilter(django_filters.FilterSet):
    """Filters of products; a value stream stands for all streams below it, too."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    value_stream = SubtreeFilter(field_name="value_stream", label="Value stream")
    stage = django_filters.ChoiceFilter(choices=Stage.choices, empty_label="any", label="Stage")
    kind = django_filters.ChoiceFilter(choices=Kind.choices, empty_label="any", label="Kind")
    owner = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.filter(owned_products__isnull=False).distinct().order_by("username"),
        to_field_name="username",
        empty_label="anyone",
        label="Owner",
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the products whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))


class ProductTable(ProductFilter):
    """The page's products, in the order of its headers."""

    sort = SortFilter("name", ("value_stream__name", "value_stream"), "stage", "kind", ("owner__username", "owner"))


class SegmentFilter(django_filters.FilterSet):
    """Filters of customer segments."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")

    class Meta:
        model = Segment
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the segments whose code or name has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value))


class SegmentTable(SegmentFilter):
    """The page's segments, in the order of its headers."""

    sort = SortFilter("name", ("product__name", "product"), "size", ("insight_count", "insights"))


class InsightFilter(KnownFilterSet):
    """Filters of insights."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")
    segment = CodeFilter(field_name="segment", label="Segment")
    theme = CodeFilter(field_name="theme", label="Theme")
    kind = django_filters.ChoiceFilter(choices=InsightKind.choices, empty_label="any", label="Kind")
    team = CodeFilter(field_name="team", label="Heard by")
    metric = CodeFilter(field_name="metric", label="Metric")
    journey = CodeFilter(field_name="journey", label="Journey")
    item = CodeFilter(field_name="item", label="Roadmap item")
    said_from = django_filters.DateFilter(field_name="said_on", lookup_expr="gte", label="From", **DAY)
    said_to = django_filters.DateFilter(field_name="said_on", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Insight
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the insights whose text or source has the words."""
        return queryset.filter(Q(text__icontains=value) | Q(source__icontains=value))


class InsightTable(InsightFilter):
    """The page's insights, in the order of its headers."""

    sort = SortFilter(
        "said_on",
        ("product__name", "product"),
        ("segment__name", "segment"),
        "kind",
        "said_by",
        ("theme__name", "theme"),
        ("team__name", "team"),
    )


class AssignmentFilter(KnownFilterSet):
    """Filters of assignments."""

    team = CodeFilter(field_name="team", label="Team")
    product = CodeFilter(field_name="product", label="Product")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Assignment
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the assignments that hold on a day."""
        return queryset.current(value)


class AssignmentTable(AssignmentFilter):
    """The page's assignments, in the order of its headers."""

    sort = SortFilter(("team__name", "team"), ("product__name", "product"), "share", "starts", "ends")
