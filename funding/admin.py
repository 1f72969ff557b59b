"""The admin of this room."""

from django.contrib import admin

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry, PeriodClose
from portfolio.common.admin import DescribedAdmin, ReadOnly, RecordedAdmin


@admin.register(FundingStream)
class FundingStreamAdmin(DescribedAdmin):
    """Funding streams."""

    list_display = ["code", "name", "currency", "sponsor", "is_illustrative"]
    list_select_related = ["sponsor"]


@admin.register(Allocation)
class AllocationAdmin(RecordedAdmin):
    """Allocations."""

    list_display = ["stream", "product", "monthly_amount", "starts", "ends"]
    list_select_related = ["stream", "product", "recorded_by"]
    search_fields = ["stream__code", "product__code"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RecordedAdmin):
    """Ledger entries."""

    list_display = ["reference", "product", "stream", "starts", "ends", "amount", "currency", "base_amount"]
    list_select_related = ["product", "stream", "recorded_by"]
    search_fields = ["reference", "memo", "product__code"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RecordedAdmin):
    """Exchange rates."""

    list_display = ["currency", "base", "rate", "starts", "ends"]
    list_select_related = ["recorded_by"]


@admin.register(PeriodClose)
class PeriodCloseAdmin(ReadOnly, admin.ModelAdmin):
    """Closed months, to read: they are closed and opened again on their own pages."""

    list_display = ["month", "ledger_cost", "cost", "value", "recorded_at", "recorded_by", "retracted_at"]
    list_select_related = ["recorded_by"]
