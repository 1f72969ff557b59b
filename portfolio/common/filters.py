"""Filters that page and API share: one filterset a model, all of it in the address."""

import django_filters
from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime


class MomentField(forms.CharField):
    """A moment such as 2016-09-30T17:00Z; a moment without a zone is in the server's."""

    def clean(self, value):
        """Return an aware datetime, or None."""
        text = super().clean(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text.replace(" ", "+")) or parse_datetime(f"{text}T23:59:59")
        except ValueError:
            moment = None
        if moment is None:
            raise forms.ValidationError(f"{text!r} is not a moment; write it like 2016-09-30T17:00Z.")
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


class MomentFilter(django_filters.Filter):
    """Filters by a moment."""

    field_class = MomentField


class CodeFilter(django_filters.CharFilter):
    """Filters by the code of a related row: `?product=vehicle-tax`; several with commas."""

    def filter(self, queryset, value):
        """Return the rows whose related row has one of the codes."""
        codes = [code.strip() for code in (value or "").split(",") if code.strip()]
        return queryset.filter(**{f"{self.field_name}__code__in": codes}) if codes else queryset


class KnownFilterSet(django_filters.FilterSet):
    """Filters of recorded rows: as known at a moment; without one, as known now."""

    known = MomentFilter(method="as_known", label="As known at")

    def as_known(self, queryset, name, value):
        """Return the rows that stood at the moment; see `filter_queryset` for no moment."""
        return queryset

    def filter_queryset(self, queryset):
        """Apply all filters; what is known comes first and always."""
        return super().filter_queryset(queryset.known(self.form.cleaned_data.get("known")))
