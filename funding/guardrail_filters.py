"""Filters of guardrails and waivers; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.db.models import Q

from funding.filters import DAY
from funding.models import Guardrail, GuardrailKind, Waiver
from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter


class GuardrailFilter(KnownFilterSet):
    """Filters of guardrails."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = django_filters.ChoiceFilter(choices=GuardrailKind.choices, label="Measures", empty_label="Anything")
    owner = CodeFilter(field_name="owner", label="Owner")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Guardrail
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the guardrails whose name or purpose has the words."""
        return queryset.filter(Q(name__icontains=value) | Q(why__icontains=value))

    def holding_on(self, queryset, name, value):
        """Return the guardrails that hold on a day."""
        return queryset.current(value)


class GuardrailTable(GuardrailFilter):
    """The page's guardrails, in the order of its headers."""

    sort = SortFilter("name", "kind", ("owner__name", "owner"), "starts")


class WaiverFilter(KnownFilterSet):
    """Filters of waivers."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    guardrail = django_filters.CharFilter(label="Guardrail")
    person = CodeFilter(field_name="person", label="Asked for by")
    on = django_filters.DateFilter(method="in_force_on", label="In force on", **DAY)

    class Meta:
        model = Waiver
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the waivers whose guardrail or reason has the words."""
        return queryset.filter(Q(guardrail__icontains=value) | Q(why__icontains=value))

    def in_force_on(self, queryset, name, value):
        """Return the waivers in force on a day."""
        return queryset.current(value)


class WaiverTable(WaiverFilter):
    """The page's waivers, in the order of its headers."""

    sort = SortFilter("guardrail", ("person__name", "person"), "starts", "ends")
