"""Filters of baselines, of what was said to them, and of comments; page and API use the same."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from portfolio.common.filters import CodeFilter, SortFilter
from portfolio.common.models import User
from products.roadmaps.models import Baseline, Comment, Side, SignOff, Verdict
from products.roadmaps.models.talk import UNSETTLED

WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}
DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class _Baselines(django_filters.FilterSet):
    search = django_filters.CharFilter(method="matching", **WORDS)
    vars()["from"] = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label="Taken from", **DAY)
    to = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label="to", **DAY)

    class Meta:
        model = Baseline
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the baselines whose name or reason has the words."""
        return queryset.filter(Q(name__icontains=value) | Q(why__icontains=value))


class BaselineFilter(_Baselines):
    """Filters of baselines."""

    roadmap = CodeFilter(field_name="roadmap", label="Roadmap")


class BaselineTable(_Baselines):
    """The baselines of one roadmap, in the order of the page's headers."""

    sort = SortFilter("number", "name", ("made_by__username", "by"), "at")


class SignOffFilter(django_filters.FilterSet):
    """Filters of what was said to baselines."""

    roadmap = CodeFilter(field_name="baseline__roadmap", label="Roadmap")
    baseline = django_filters.NumberFilter(field_name="baseline", label="Baseline", help_text="Its key.")
    side = django_filters.ChoiceFilter(choices=Side.choices, empty_label="either", label="Side")
    verdict = django_filters.ChoiceFilter(choices=Verdict.choices, empty_label="any", label="Said")
    by = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.filter(sign_offs__isnull=False).distinct().order_by("username"),
        to_field_name="username",
        empty_label="anyone",
        label="Person",
    )

    class Meta:
        model = SignOff
        fields: list[str] = []


class _Comments(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="text", lookup_expr="icontains", **WORDS)
    status = django_filters.ChoiceFilter(
        choices=[("open", "Open"), ("resolved", "Resolved")], method="settled", empty_label="any", label="Status"
    )

    class Meta:
        model = Comment
        fields: list[str] = []

    def settled(self, queryset, name, value):
        """Return the comments that are settled or not; an answer is as settled as what it answers."""
        return queryset.unsettled() if value == "open" else queryset.exclude(UNSETTLED)

    def asking(self, queryset, name, value):
        """Return the comments that name somebody."""
        asked: Any = {"pk": self.request.user.pk} if value == "me" else {"username__iexact": value}
        return queryset.filter(mentions__in=User.objects.filter(**asked)).distinct()


class CommentFilter(_Comments):
    """Filters of comments; `mentions=me` are those that ask the reader."""

    mentions = django_filters.CharFilter(method="asking", label="Asks", help_text="An account; me is the reader.")
    roadmap = CodeFilter(field_name="roadmap", label="Roadmap")
    item = django_filters.CharFilter(field_name="item__code", label="Item", help_text="Its code.")
    baseline = django_filters.NumberFilter(field_name="baseline", label="Baseline", help_text="Its key.")
    figure = django_filters.CharFilter(field_name="figure", label="Figure")


class CommentTable(_Comments):
    """The comments of one roadmap."""

    mentions = django_filters.ChoiceFilter(choices=[("me", "me")], method="asking", empty_label="anyone", label="Asks")
