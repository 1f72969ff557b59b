"""Filters of what is promised; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from portfolio.common.months import today
from products.health.models import (
    Evidence,
    Measurement,
    Objective,
    ObjectiveKind,
    Requirement,
    RequirementKind,
)
from products.health.promise_reading import requirements_of
from products.health.readiness import State

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}

#: What a budget is sorted by: worked out, so not by the database.
WORKED_OUT = ("left", "-left", "burn", "-burn")


class OfServiceFilter(django_filters.FilterSet):
    """What the filters of a service's rows have in common."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    service = CodeFilter(field_name="service", label="Service")
    product = CodeFilter(field_name="service__product", label="Product")
    team = CodeFilter(field_name="service__owner", label="Team")

    def matching(self, queryset, name, value):
        """Return the rows whose name, code or service has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(service__name__icontains=value))


class ObjectiveFilter(OfServiceFilter):
    """Filters of objectives."""

    kind = django_filters.ChoiceFilter(choices=ObjectiveKind.choices, empty_label="any", label="Kind")

    class Meta:
        model = Objective
        fields: list[str] = []


class BudgetSort(SortFilter):
    """The order of objectives by what is stored; by what is worked out the view sorts."""

    def filter(self, queryset, value):
        """Return the rows in order, where the database can tell it."""
        return super().filter(queryset, [one for one in value or [] if one not in WORKED_OUT])


class ObjectiveTable(ObjectiveFilter):
    """The page's objectives, in the order of its headers."""

    sort = BudgetSort("name", ("service__name", "service"), "kind", "target", "left", "burn")


class MeasurementFilter(KnownFilterSet):
    """Filters of measurements. One that is for several days is found by any of them."""

    objective = CodeFilter(field_name="objective", label="Objective")
    service = CodeFilter(field_name="objective__service", label="Service")
    # A keyword, and the right word.
    vars()["from"] = django_filters.DateFilter(field_name="ends", lookup_expr="gt", label="From", **DAY)
    to = django_filters.DateFilter(field_name="starts", lookup_expr="lte", label="To", **DAY)

    class Meta:
        model = Measurement
        fields: list[str] = []


class MeasurementTable(MeasurementFilter):
    """The page's measurements, in the order of its headers."""

    sort = SortFilter("starts", ("objective__name", "objective"), "good", "total")


class RequirementFilter(OfServiceFilter):
    """Filters of requirements; how they stand is of today."""

    kind = django_filters.ChoiceFilter(choices=RequirementKind.choices, empty_label="any", label="Kind")
    state = django_filters.ChoiceFilter(
        choices=[(state.value, state.value.capitalize()) for state in State],
        empty_label="any",
        method="standing",
        label="State",
    )

    class Meta:
        model = Requirement
        fields: list[str] = []

    def standing(self, queryset, name, value):
        """Return the requirements that stand so today."""
        on = today()
        found = requirements_of(queryset.order_by().values_list("service", flat=True).distinct())
        keys = [one.pk for several in found.values() for one in several if one.state(on) == value]
        return queryset.filter(pk__in=keys)


class RequirementTable(RequirementFilter):
    """The page's requirements, in the order of its headers."""

    sort = SortFilter("name", ("service__name", "service"), "kind", ("baselined_on", "agreed"))


class EvidenceFilter(KnownFilterSet):
    """Filters of evidence."""

    requirement = CodeFilter(field_name="requirement", label="Requirement")
    service = CodeFilter(field_name="requirement__service", label="Service")
    passed = django_filters.BooleanFilter(
        field_name="has_passed",
        label="It held",
        widget=forms.Select(choices=[("", "either"), ("true", "yes"), ("false", "no")]),
    )
    # Words of the field itself, for who looks for what runs out.
    expires_before = django_filters.DateFilter(field_name="expires_on", lookup_expr="lt", label="Expires before", **DAY)

    class Meta:
        model = Evidence
        fields: list[str] = []


class EvidenceTable(EvidenceFilter):
    """The page's evidence, in the order of its headers."""

    sort = SortFilter(
        ("verified_on", "tested"),
        ("expires_on", "expires"),
        ("requirement__name", "requirement"),
        ("has_passed", "held"),
    )
