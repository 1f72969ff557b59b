"""Filters of incidents, impacts, failure modes and drills; a page adds the order of its table."""

from datetime import timedelta

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q

from portfolio.common.filters import CodeFilter, KnownFilterSet, SortFilter
from portfolio.common.months import today
from products.health.models import Drill, FailureMode, Impact, Incident

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
WORDS = {"label": "Search", "widget": forms.TextInput(attrs={"type": "search"})}
SEVERITIES = Incident._meta.get_field("severity").choices
DRILLED_WITHIN = timedelta(days=365)  #: a drill that is older says little of today


class IncidentFilter(django_filters.FilterSet):
    """Filters of incidents."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="service__product", label="Product")
    service = CodeFilter(field_name="service", label="Service")
    severity = django_filters.ChoiceFilter(choices=SEVERITIES, empty_label="any", label="Severity")
    was_known = django_filters.BooleanFilter(
        method="known_before",
        label="Known in advance",
        widget=forms.Select(choices=[("", "either"), ("true", "yes"), ("false", "no")]),
    )
    started_from = django_filters.DateFilter(field_name="started_at", lookup_expr="date__gte", label="From", **DAY)
    started_to = django_filters.DateFilter(field_name="started_at", lookup_expr="date__lte", label="To", **DAY)

    class Meta:
        model = Incident
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the incidents whose code, name or cause has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(cause__icontains=value))

    def known_before(self, queryset, name, value):
        """Return the incidents that name a failure mode, or those that name none."""
        return queryset.filter(failure_mode__isnull=not value)


class IncidentTable(IncidentFilter):
    """The page's incidents, in the order of its headers."""

    sort = SortFilter("name", ("service__name", "service"), "severity", ("started_at", "started"))


class ImpactFilter(KnownFilterSet):
    """Filters of impacts."""

    incident = CodeFilter(field_name="incident", label="Incident")
    metric = CodeFilter(field_name="metric", label="Metric")
    product = CodeFilter(field_name="metric__product", label="Product")
    journey = CodeFilter(field_name="journey", label="Journey")

    class Meta:
        model = Impact
        fields: list[str] = []


class ImpactTable(ImpactFilter):
    """The page's impacts, in the order of its headers."""

    sort = SortFilter(("incident__name", "incident"), ("metric__name", "metric"), "starts", "lost", "late")


class FailureModeFilter(django_filters.FilterSet):
    """Filters of failure modes."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="service__product", label="Product")
    service = CodeFilter(field_name="service", label="Service")
    is_due = django_filters.BooleanFilter(
        method="due",
        label="To be drilled",
        widget=forms.Select(choices=[("", "either"), ("true", "yes"), ("false", "no")]),
    )

    class Meta:
        model = FailureMode
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the failure modes whose code, name or effect has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(effect__icontains=value))

    def due(self, queryset, name, value):
        """Return those that were never drilled, not within a year, or failed when last drilled; or the others."""
        drills = Drill.objects.known().filter(failure_mode=OuterRef("pk"))
        later = Drill.objects.known().filter(failure_mode=OuterRef("failure_mode"), held_on__gt=OuterRef("held_on"))
        good = drills.filter(has_passed=True, held_on__gte=today() - DRILLED_WITHIN).exclude(Exists(later))
        return queryset.exclude(Exists(good)) if value else queryset.filter(Exists(good))


class FailureModeTable(FailureModeFilter):
    """The page's failure modes, in the order of its headers."""

    sort = SortFilter("name", ("service__name", "service"))


class DrillFilter(KnownFilterSet):
    """Filters of drills."""

    failure_mode = CodeFilter(field_name="failure_mode", label="Failure mode")
    service = CodeFilter(field_name="failure_mode__service", label="Service")
    has_passed = django_filters.BooleanFilter(
        label="Passed", widget=forms.Select(choices=[("", "either"), ("true", "yes"), ("false", "no")])
    )

    class Meta:
        model = Drill
        fields: list[str] = []


class DrillTable(DrillFilter):
    """The page's drills, in the order of its headers."""

    sort = SortFilter(("failure_mode__name", "mode"), ("held_on", "held"), ("has_passed", "passed"), "minutes")
