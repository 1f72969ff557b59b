"""The admin of this room."""

from django.contrib import admin

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.admin import DescribedAdmin, RecordedAdmin


@admin.register(FundingStream)
class FundingStreamAdmin(DescribedAdmin):
    """Funding streams."""

    list_display = ["code", "name", "currency", "category", "sponsor", "reviewed_on", "is_illustrative"]
    list_filter = ["category"]
    list_select_related = ["sponsor"]


@admin.register(Allocation)
class AllocationAdmin(RecordedAdmin):
    """Allocations."""

    list_display = ["stream", "product", "monthly_amount", "starts", "ends", "why"]
    list_select_related = ["stream", "product", "recorded_by"]
    search_fields = ["stream__code", "product__code"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RecordedAdmin):
    """Ledger entries."""

    list_display = [
        "reference",
        "product",
        "stream",
        "starts",
        "ends",
        "amount",
        "currency",
        "base_amount",
        "is_capital",
    ]
    list_filter = ["is_illustrative", "is_capital"]
    list_select_related = ["product", "stream", "recorded_by"]
    search_fields = ["reference", "memo", "product__code"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RecordedAdmin):
    """Exchange rates."""

    list_display = ["currency", "base", "rate", "starts", "ends"]
    list_select_related = ["recorded_by"]
