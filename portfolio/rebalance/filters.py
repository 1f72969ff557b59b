"""Filters of elasticities and scenarios; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from portfolio.common.models import User
from portfolio.rebalance.models import Elasticity, Scenario
from products.catalog.models import Stage
from products.value.models import Evidence

SEARCH = {"widget": forms.TextInput(attrs={"type": "search"}), "label": "Search"}


class ElasticityFilter(KnownFilterSet):
    """Filters of elasticities."""

    search = django_filters.CharFilter(method="matching", **SEARCH)
    product = CodeFilter(field_name="product", label="Product")
    stage = django_filters.ChoiceFilter(choices=Stage.choices, empty_label="any", label="Default of")
    evidence = django_filters.ChoiceFilter(choices=Evidence.choices, empty_label="any", label="Evidence")

    class Meta:
        model = Elasticity
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the elasticities whose product or reasons have the words."""
        return queryset.filter(
            Q(product__name__icontains=value) | Q(product__code__icontains=value) | Q(why__icontains=value)
        )


class ElasticityTable(ElasticityFilter):
    """The page's elasticities, in the order of its headers."""

    sort = SortFilter(("product__name", "product"), "stage", "low", "high", "evidence", "recorded_at")


class ScenarioFilter(django_filters.FilterSet):
    """Filters of scenarios; those put away are left out unless they are asked for."""

    search = django_filters.CharFilter(method="matching", **SEARCH)
    value_stream = CodeFilter(field_name="value_stream", label="Value stream")
    by = django_filters.ModelChoiceFilter(
        field_name="made_by",
        queryset=lambda request: User.objects.filter(pk__in=Scenario.objects.values("made_by")).order_by("username"),
        to_field_name="username",
        empty_label="anyone",
        label="Made by",
    )
    archived = django_filters.ChoiceFilter(
        choices=(("yes", "yes"), ("all", "all of them")), empty_label="no", label="Archived", method="put_away"
    )

    class Meta:
        model = Scenario
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the scenarios whose name or note has the words."""
        return queryset.filter(Q(name__icontains=value) | Q(note__icontains=value))

    def put_away(self, queryset, name, value):
        """Leave the choice to `filter_queryset`, which makes one also where nothing is asked for."""
        return queryset

    def filter_queryset(self, queryset):
        """Apply all filters, and whether archived ones are wanted."""
        queryset = super().filter_queryset(queryset)
        match self.form.cleaned_data.get("archived"):
            case "yes":
                return queryset.exclude(archived_at=None)
            case "all":
                return queryset
        return queryset.filter(archived_at=None)


class ScenarioTable(ScenarioFilter):
    """The page's scenarios, in the order of its headers."""

    sort = SortFilter(
        "name", ("value_stream__name", "value_stream"), "starts", ("made_by__username", "by"), ("edited_at", "edited"),
        ("changed_count", "changed"),
    )  # fmt: skip
