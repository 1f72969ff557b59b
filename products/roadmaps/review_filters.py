"""Filters of reviews and ideas; page and API use the same, a page adds the order of its table."""

from typing import Any

import django_filters
from django import forms

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from products.roadmaps.models import Idea, IdeaStatus, Review

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class ReviewFilter(KnownFilterSet):
    """Filters of reviews."""

    roadmap = CodeFilter(field_name="roadmap", label="Roadmap")
    vars()["from"] = django_filters.DateFilter(field_name="held_on", lookup_expr="gte", label="Held from", **DAY)
    to = django_filters.DateFilter(field_name="held_on", lookup_expr="lte", label="to", **DAY)

    class Meta:
        model = Review
        fields: list[str] = []


class ReviewTable(ReviewFilter):
    """The page's reviews, in the order of its headers."""

    sort = SortFilter("held_on", ("roadmap__name", "roadmap"))


class IdeaFilter(django_filters.FilterSet):
    """Filters of ideas."""

    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    roadmap = CodeFilter(field_name="roadmap", label="Roadmap")
    status = django_filters.ChoiceFilter(choices=IdeaStatus.choices, empty_label="any", label="Status")
    mine = django_filters.ChoiceFilter(
        choices=[("true", "mine")], empty_label="everyone’s", label="Whose", method="of_mine"
    )

    class Meta:
        model = Idea
        fields: list[str] = []

    def of_mine(self, queryset: Any, name: str, value: str) -> Any:
        """Return the ideas of whoever asks."""
        return queryset.filter(by=self.request.user) if value and self.request else queryset


class IdeaTable(IdeaFilter):
    """The page's ideas, in the order of its headers."""

    sort = SortFilter("name", ("roadmap__name", "roadmap"), "status", ("support_count", "support"), ("at", "proposed"))
