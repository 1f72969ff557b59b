"""Filters that page and API share: one filterset a model, all of it in the address."""

from datetime import UTC, date

import django_filters
from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail
from rest_framework.exceptions import ValidationError as ApiValidationError

from portfolio.common.months import parse_month

MOST_SUGGESTIONS = 1_000


class MomentField(forms.CharField):
    """The moment as of which something is asked for, if any, such as 2016-09-30T17:00Z.

    One without a zone is in the server's.
    """

    def __init__(self, **options):
        widget = forms.TextInput(attrs={"placeholder": "2016-09-30T17:00Z"})
        super().__init__(**({"required": False, "label": "As known at", "widget": widget} | options))

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
        try:
            return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(f"{text!r} is out of reach; give a moment between 1900 and 2199.") from error


@extend_schema_field(
    {
        "type": "string",
        "description": "As it was known at this moment, such as 2016-09-30T17:00Z; a day alone is its end.",
    }
)
class MomentFilter(django_filters.Filter):
    """Filters by a moment."""

    field_class = MomentField


class CodeInput(forms.TextInput):
    """A text box for a code that suggests the codes there are, by name; it works without the suggestions too."""

    def __init__(self, model, attrs=None):
        super().__init__({"autocomplete": "off", "spellcheck": "false"} | (attrs or {}))
        self.model = model

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        """Return the box with its list."""
        choices = f"{(attrs or {}).get('id', name)}-codes"
        box = super().render(name, value, (attrs or {}) | {"list": choices}, renderer)
        rows = self.model.objects.order_by("name").values_list("code", "name")[:MOST_SUGGESTIONS]
        return format_html(
            '{}<datalist id="{}">{}</datalist>',
            box,
            choices,
            format_html_join("", '<option value="{}">{}</option>', rows),
        )


def codes_in(value: str | None) -> list[str]:
    """Return the codes written in a filter, with commas between them."""
    return [code.strip() for code in (value or "").split(",") if code.strip()]


class CodeFilter(django_filters.CharFilter):
    """Filters by the code of a related row: `?product=vehicle-tax`; several with commas."""

    @property
    def field(self) -> forms.Field:
        """The text box, which suggests codes."""
        related = self.model
        for name in self.field_name.split("__"):
            related = related._meta.get_field(name).related_model
        self.extra.setdefault("widget", CodeInput(related))
        return super().field

    def filter(self, queryset, value):
        """Return the rows whose related row has one of the codes."""
        codes = codes_in(value)
        return queryset.filter(**{f"{self.field_name}__code__in": codes}) if codes else queryset


class MonthField(forms.CharField):
    """A month written 2016-04; clean gives its first day, or None."""

    def __init__(self, **options):
        options.setdefault("widget", forms.TextInput(attrs={"type": "month", "placeholder": "2016-04"}))
        super().__init__(**options)

    def prepare_value(self, value):
        """Return the month as it is written."""
        return f"{value:%Y-%m}" if isinstance(value, date) else value

    def clean(self, value) -> date | None:
        """Return the first day of the month."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_month(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial, data) -> bool:
        """Return whether another month was given."""
        return super().has_changed(self.prepare_value(initial), data)


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "description": "A month, such as 2016-04."})
class MonthFilter(django_filters.Filter):
    """Filters by a month such as 2016-04."""

    field_class = MonthField


class SortFilter(django_filters.OrderingFilter):
    """The order of a page's table, `?sort=-starts`, set by its headers; ties go by key so that pages never repeat."""

    def __init__(self, *fields: str | tuple[str, str]):
        pairs = [(field, field) if isinstance(field, str) else field for field in fields]
        super().__init__(fields=pairs, widget=forms.HiddenInput)

    def filter(self, queryset, value):
        """Return the rows in order; without one, as they come."""
        ordered = super().filter(queryset, value)
        return ordered.order_by(*ordered.query.order_by, "pk") if value else ordered


class KnownFilterSet(django_filters.FilterSet):
    """Filters of recorded rows: as known at a moment; without one, as known now."""

    known = MomentFilter(method="as_known", label="As known at")

    @classmethod
    def get_filters(cls):
        """Return the filters, this one last: it is asked for least."""
        filters = super().get_filters()
        filters.move_to_end("known")
        return filters

    def as_known(self, queryset, name, value):
        """Return the rows that stood at the moment; see `filter_queryset` for no moment."""
        return queryset

    def filter_queryset(self, queryset):
        """Apply all filters; what is known comes first and always."""
        return super().filter_queryset(queryset.known(self.form.cleaned_data.get("known")))


class Filters(DjangoFilterBackend):
    """Filters the API's lists. The backend it extends takes a percent sign in a message for a placeholder."""

    def filter_queryset(self, request, queryset, view):
        """Return the rows that are asked for, or say of each parameter what is wrong with it."""
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise ApiValidationError(
                {
                    name: [ErrorDetail(words, code=error.code) for error in errors for words in error.messages]
                    for name, errors in filterset.errors.as_data().items()
                }
            )
        return filterset.qs
