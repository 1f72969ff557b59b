"""Filters of items; page and API use the same, a page adds the order of its table."""

import django_filters
from django.db.models import Case, Q, SmallIntegerField, Value, When

from portfolio.common.filters import CodeFilter, SortFilter, codes_in
from products.catalog.models import Product
from products.roadmaps.models import Horizon, Item, ItemKind, State
from products.value.filters import DAY, WORDS, YES, YesNoFilter

#: Where an item's horizon comes among the horizons: now is first.
PLACE = Case(
    *(When(horizon=horizon, then=Value(place)) for place, horizon in enumerate(Horizon)),
    output_field=SmallIntegerField(),
)


class StreamFilter(CodeFilter):
    """Filters by the value streams of the products, with all streams below them."""

    def filter(self, queryset, value):
        """Return the items of products of the streams with the codes and of those below."""
        codes = codes_in(value)
        return queryset.filter(product__in=Product.objects.below(codes)) if codes else queryset


class ItemFilter(django_filters.FilterSet):
    """Filters of items."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    roadmap = CodeFilter(field_name="roadmap", label="Roadmap")
    product = CodeFilter(field_name="product", label="Product")
    value_stream = StreamFilter(field_name="product__value_stream", label="Value stream")
    kind = django_filters.ChoiceFilter(choices=ItemKind.choices, empty_label="any", label="Kind")
    horizon = django_filters.ChoiceFilter(choices=Horizon.choices, empty_label="any", label="Horizon")
    state = django_filters.ChoiceFilter(choices=State.choices, empty_label="any", label="State")
    metric = CodeFilter(field_name="metric", label="Metric")
    team = CodeFilter(field_name="team", label="Team")
    champion = django_filters.CharFilter(method="championed_by", label="Champion")
    due_before = django_filters.DateFilter(field_name="by_when", lookup_expr="lt", label="Promised before", **DAY)
    exception = YesNoFilter("moves none", "moves one", method="is_exception", label="Customer metric")

    class Meta:
        model = Item
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the items with the words in their code, name or description, or in the name of their product."""
        return queryset.filter(
            Q(code__icontains=value)
            | Q(name__icontains=value)
            | Q(description__icontains=value)
            | Q(product__name__icontains=value)
        )

    def championed_by(self, queryset, name, value):
        """Return the items that somebody, by account, stands for on either side."""
        return queryset.filter(Q(business_champion__username=value) | Q(technology_champion__username=value))

    def is_exception(self, queryset, name, value):
        """Return the items that are kept with a reason for moving no customer's metric, or the others."""
        return queryset.exclude(exception="") if value == YES else queryset.filter(exception="")


class ItemTable(ItemFilter):
    """The page's items, in the order of its headers."""

    sort = SortFilter(
        "name", ("roadmap__name", "roadmap"), ("product__name", "product"), "kind", ("place", "horizon"), "state",
        ("metric__name", "metric"), ("by_when", "by"), ("effort_high", "effort"),
    )  # fmt: skip
