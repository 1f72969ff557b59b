"""Filters of this room's rows; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.apps import apps
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in
from portfolio.common.months import today
from teams.models import Discipline, Membership, Person, Rate, Team

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}


class DisciplineFilter(django_filters.FilterSet):
    """Filters of disciplines."""

    search = django_filters.CharFilter(method="matching", **WORDS)

    class Meta:
        model = Discipline
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the disciplines whose code or name has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value))


class DisciplineTable(DisciplineFilter):
    """The page's disciplines, in the order of its headers."""

    sort = SortFilter("name", "people", "fte")


class PersonFilter(django_filters.FilterSet):
    """Filters of people, by the teams and disciplines they are in today."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    team = CodeFilter(field_name="memberships__team", method="now_in", label="Team")
    discipline = CodeFilter(field_name="memberships__discipline", method="now_in", label="Discipline")

    class Meta:
        model = Person
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the people whose code or name has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value))

    def now_in(self, queryset, name, value):
        """Return the people who are today in one of the teams, or do one of the disciplines."""
        wanted = {f"{name.removeprefix('memberships__')}__code__in": codes_in(value)}
        now = Membership.objects.known().current(today()).filter(**wanted)
        return queryset.filter(pk__in=now.values("person"))


class PersonTable(PersonFilter):
    """The page's people, in the order of its headers."""

    sort = SortFilter("name", "fte")


class TeamFilter(django_filters.FilterSet):
    """Filters of teams."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="assignments__product", method="working_on", label="Works on")

    class Meta:
        model = Team
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the teams whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))

    def working_on(self, queryset, name, value):
        """Return the teams that work today on one of the products."""
        now = apps.get_model("catalog.Assignment").objects.known().current(today())
        return queryset.filter(pk__in=now.filter(product__code__in=codes_in(value)).values("team"))


class TeamTable(TeamFilter):
    """The page's teams, in the order of its headers."""

    sort = SortFilter("name", "people", "fte", "products", "assigned", "free", ("last_heard_on", "heard"))


class HoldingFilterSet(KnownFilterSet):
    """Filters of rows that hold for an interval."""

    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    def holding_on(self, queryset, name, value):
        """Return the rows that hold on a day."""
        return queryset.current(value)


class MembershipFilter(HoldingFilterSet):
    """Filters of memberships."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    team = CodeFilter(field_name="team", label="Team")
    person = CodeFilter(field_name="person", label="Person")
    discipline = CodeFilter(field_name="discipline", label="Discipline")

    class Meta:
        model = Membership
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the memberships whose person or team has the words in its name."""
        return queryset.filter(Q(person__name__icontains=value) | Q(team__name__icontains=value))


class MembershipTable(MembershipFilter):
    """The page's memberships, in the order of its headers."""

    sort = SortFilter(
        ("person__name", "person"), ("team__name", "team"), ("discipline__name", "discipline"), "fte", "starts", "ends"
    )


class RateFilter(HoldingFilterSet):
    """Filters of rates."""

    discipline = CodeFilter(field_name="discipline", label="Discipline")

    class Meta:
        model = Rate
        fields: list[str] = []


class RateTable(RateFilter):
    """The page's rates, in the order of its headers."""

    sort = SortFilter(("discipline__name", "discipline"), ("monthly_amount", "amount"), "starts", "ends")
