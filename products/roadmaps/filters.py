"""Filters of roadmaps; page and API use the same."""

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, codes_in
from products.roadmaps.models import Roadmap


class RoadmapFilter(django_filters.FilterSet):
    """Filters of roadmaps."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    product = CodeFilter(field_name="products", method="of_product", label="Product")
    member = django_filters.CharFilter(method="of_member", label="Member")

    class Meta:
        model = Roadmap
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the roadmaps with the words in their name, code or purpose."""
        return queryset.filter(Q(name__icontains=value) | Q(code__icontains=value) | Q(purpose__icontains=value))

    def of_product(self, queryset, name, value):
        """Return the roadmaps that one of the products belongs to."""
        found = Roadmap.products.through.objects.filter(product__code__in=codes_in(value))
        return queryset.filter(pk__in=found.values("roadmap"))

    def of_member(self, queryset, name, value):
        """Return the roadmaps that somebody, by account, owns on either side."""
        return queryset.filter(pk__in=Roadmap.objects.filter(members__user__username=value).values("pk"))
