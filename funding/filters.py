"""Filters of this room's rows; page and API use the same, a page adds the order of its table."""

from datetime import date, timedelta

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Q

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.filters import CodeFilter, KnownFilterSet, MonthFilter, SortFilter
from portfolio.common.months import add_months

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class CurrencyFilter(django_filters.CharFilter):
    """Filters by an ISO code, in capitals or not."""

    def __init__(self, **options):
        super().__init__(lookup_expr="iexact", widget=forms.TextInput(attrs={"maxlength": 3, "size": 4}), **options)


def categories() -> list[tuple[str, str]]:
    """Return the kinds of money of the organisation."""
    return [(name, name) for name in settings.TWOFOLD_FUNDING_CATEGORIES]


class FundingStreamFilter(django_filters.FilterSet):
    """Filters of funding streams."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    sponsor = CodeFilter(field_name="sponsor", label="Sponsor")
    category = django_filters.ChoiceFilter(choices=categories, label="Category", empty_label="All")
    currency = CurrencyFilter(label="Currency")

    class Meta:
        model = FundingStream
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the streams whose code, name or purpose has the words."""
        return queryset.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(purpose__icontains=value))


class FundingStreamTable(FundingStreamFilter):
    """The page's streams, in the order of its headers."""

    sort = SortFilter(
        "name",
        ("sponsor__name", "sponsor"),
        "category",
        "currency",
        ("monthly_cents", "monthly"),
        ("spent_cents", "spent"),
    )


class AllocationFilter(KnownFilterSet):
    """Filters of allocations."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    stream = CodeFilter(field_name="stream", label="Stream")
    product = CodeFilter(field_name="product", label="Product")
    category = django_filters.ChoiceFilter(
        field_name="stream__category", choices=categories, label="Category", empty_label="All"
    )
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = Allocation
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the allocations whose stream or product has the words in its name or code, or whose reason has."""
        return queryset.filter(
            Q(stream__name__icontains=value)
            | Q(stream__code__icontains=value)
            | Q(product__name__icontains=value)
            | Q(product__code__icontains=value)
            | Q(why__icontains=value)
        )

    def holding_on(self, queryset, name, value):
        """Return the allocations that hold on a day."""
        return queryset.current(value)


class AllocationTable(AllocationFilter):
    """The page's allocations, in the order of its headers."""

    sort = SortFilter(
        ("stream__name", "stream"), ("product__name", "product"), ("monthly_amount", "amount"), "starts", "ends"
    )


class LedgerEntryFilter(KnownFilterSet):
    """Filters of ledger entries. An entry that is spread over days is found by any of them."""

    search = django_filters.CharFilter(
        method="matching", label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    product = CodeFilter(field_name="product", label="Product")
    stream = CodeFilter(field_name="stream", label="Stream")
    account = django_filters.CharFilter(lookup_expr="iexact", label="Account")
    expense = django_filters.ChoiceFilter(
        choices=[("capital", "Capital"), ("operating", "Operating")],
        method="of_expense",
        label="Expense",
        empty_label="All",
    )
    vars()["from"] = django_filters.DateFilter(method="unchanged", label="From", **DAY)  # a keyword, and the right word
    to = django_filters.DateFilter(method="unchanged", label="To", **DAY)
    month = MonthFilter(method="unchanged", label="Month")
    currency = CurrencyFilter(label="Currency")

    class Meta:
        model = LedgerEntry
        fields: list[str] = []

    def matching(self, queryset, name, value):
        """Return the entries whose reference or memo has the words."""
        return queryset.filter(Q(reference__icontains=value) | Q(memo__icontains=value))

    def of_expense(self, queryset, name, value):
        """Return the capital or the operating expenses."""
        return queryset.filter(is_capital=value == "capital")

    def unchanged(self, queryset, name, value):
        """Leave the days to `filter_queryset`, which takes them together."""
        return queryset

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The days `[first, after)` that are asked for; None where they are open."""
        given = self.form.cleaned_data
        last = given.get("to")
        # After the last day of the calendar there is none.
        firsts, afters = [given.get("from")], [last + timedelta(days=1) if last and last < date.max else None]
        if month := given.get("month"):
            firsts.append(month)
            afters.append(add_months(month, 1))
        return max(filter(None, firsts), default=None), min(filter(None, afters), default=None)

    def filter_queryset(self, queryset):
        """Apply all filters, the days as one interval."""
        return super().filter_queryset(queryset).touching(*self.days)


class LedgerEntryTable(LedgerEntryFilter):
    """The page's entries, in the order of its headers."""

    sort = SortFilter(
        "reference", "starts", ("product__name", "product"), ("stream__name", "stream"), "account",
        ("base_amount", "amount"),
    )  # fmt: skip


class ExchangeRateFilter(KnownFilterSet):
    """Filters of exchange rates."""

    currency = CurrencyFilter(label="Currency")
    on = django_filters.DateFilter(method="holding_on", label="Holding on", **DAY)

    class Meta:
        model = ExchangeRate
        fields: list[str] = []

    def holding_on(self, queryset, name, value):
        """Return the rates that hold on a day."""
        return queryset.current(value)


class ExchangeRateTable(ExchangeRateFilter):
    """The page's rates, in the order of its headers."""

    sort = SortFilter("currency", "rate", "starts")
