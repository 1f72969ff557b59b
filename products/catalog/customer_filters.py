"""Filters of themes, and of feedback; page and API use the same, a page adds the order of its table."""

import django_filters
from django.db.models import Q

from portfolio.common.filters import CodeFilter, SortFilter
from products.catalog.filters import DAY, WORDS
from products.catalog.models import Feedback, FeedbackForm, FeedbackState, Theme


class ThemeFilter(django_filters.FilterSet):
    """Filters of themes."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")

    class Meta:
        model = Theme
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the themes whose code, name or summary has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(summary__icontains=value))


class ThemeTable(ThemeFilter):
    """The page's themes, in the order of its headers."""

    sort = SortFilter(
        "name", ("product__name", "product"), ("insight_count", "insights"), "people", ("last_said_on", "last")
    )


class FeedbackFormFilter(django_filters.FilterSet):
    """Filters of the forms."""

    search = django_filters.CharFilter(method="matching", **WORDS)
    product = CodeFilter(field_name="product", label="Product")

    class Meta:
        model = FeedbackForm
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the forms whose code or title has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value))


class FeedbackFormTable(FeedbackFormFilter):
    """The page's forms, in the order of its headers."""

    sort = SortFilter("name", ("product__name", "product"), ("received_count", "received"), ("new_count", "new"))


class FeedbackFilter(django_filters.FilterSet):
    """Filters of feedback. Its words are not searched: not everybody may read them."""

    form = CodeFilter(field_name="form", label="Form")
    product = CodeFilter(field_name="form__product", label="Product")
    state = django_filters.ChoiceFilter(choices=FeedbackState.choices, empty_label="any but spam", method="in_state")
    received_from = django_filters.DateFilter(field_name="received_at", lookup_expr="date__gte", label="From", **DAY)
    received_to = django_filters.DateFilter(field_name="received_at", lookup_expr="date__lte", label="To", **DAY)

    class Meta:
        model = Feedback
        fields: list[str] = []

    def in_state(self, queryset, name, value):
        """Return the feedback in a state."""
        return queryset.filter(state=value)

    def filter_queryset(self, queryset):
        """Leave spam out unless it is asked for."""
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.exclude(state=FeedbackState.SPAM)


class FeedbackTable(FeedbackFilter):
    """The page's feedback, in the order of its headers."""

    sort = SortFilter("received_at", ("form__product__name", "product"), "satisfaction", "ease", "state")
