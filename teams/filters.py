"""Filters of this room's rows; page and API use the same, a page adds the order of its table."""

import django_filters
from django import forms
from django.apps import apps
from django.db.models import Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter, codes_in
from portfolio.common.months import today
from teams.models import Absence, AbsenceKind, Discipline, Membership, Person, Rate, Team, Thanks

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
    """The page's teams, in the order of its headers: as they are today, or each beside its own past."""

    show = django_filters.ChoiceFilter(
        method="as_shown", choices=[("past", "Beside its own past")], label="Show", empty_label="Today"
    )
    sort = SortFilter("name", "people", "fte", "products", "assigned", "free", ("last_heard_on", "heard"))

    def as_shown(self, queryset, name, value):
        """Return the same teams: what is shown of them is for the page."""
        return queryset


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
    is_embedded = django_filters.BooleanFilter(label="Embedded from the business")

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


class AbsenceFilter(HoldingFilterSet):
    """Filters of absences; `team` is the team that somebody is in today."""

    search = django_filters.CharFilter(field_name="person__name", lookup_expr="icontains", **WORDS)
    person = CodeFilter(field_name="person", label="Person")
    team = CodeFilter(field_name="person__memberships__team", method="now_in", label="Team")
    kind = django_filters.ChoiceFilter(choices=AbsenceKind, label="Kind")

    class Meta:
        model = Absence
        fields: list[str] = []

    def now_in(self, queryset, name, value):
        """Return the absences of the people who are today in one of the teams."""
        now = Membership.objects.known().current(today()).filter(team__code__in=codes_in(value))
        return queryset.filter(person__in=now.values("person"))


class AbsenceTable(AbsenceFilter):
    """The page's absences, in the order of its headers."""

    sort = SortFilter(("person__name", "person"), "kind", "share", "starts", "ends")


class ThanksFilter(KnownFilterSet):
    """Filters of thanks."""

    search = django_filters.CharFilter(field_name="text", lookup_expr="icontains", **WORDS)
    team = CodeFilter(field_name="team", label="Team")
    person = CodeFilter(field_name="person", label="Person")
    is_open = django_filters.BooleanFilter(label="In the open")

    class Meta:
        model = Thanks
        fields: list[str] = []


class ThanksTable(ThanksFilter):
    """The page's thanks, in the order of its headers."""

    sort = SortFilter(("recorded_at", "given"), ("recorded_by__username", "by"))


class RateFilter(HoldingFilterSet):
    """Filters of rates."""

    discipline = CodeFilter(field_name="discipline", label="Discipline")

    class Meta:
        model = Rate
        fields: list[str] = []


class RateTable(RateFilter):
    """The page's rates, in the order of its headers."""

    sort = SortFilter(("discipline__name", "discipline"), ("monthly_amount", "amount"), "starts", "ends")
