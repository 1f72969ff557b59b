"""The admin of this room."""

from django.contrib import admin

from funding.models import Allocation, CarryForward, Commitment, ExchangeRate, FundingStream, LedgerEntry, Transfer
from portfolio.common.admin import DescribedAdmin, RecordedAdmin


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


@admin.register(Commitment)
class CommitmentAdmin(RecordedAdmin):
    """Commitments."""

    list_display = ["reference", "product", "stream", "supplier", "starts", "ends", "amount", "currency", "settled_on"]
    list_select_related = ["product", "stream", "recorded_by"]
    search_fields = ["reference", "supplier", "memo", "product__code"]


@admin.register(Transfer)
class TransferAdmin(RecordedAdmin):
    """Transfers between streams."""

    list_display = ["from_stream", "to_stream", "moved_on", "amount", "base_amount"]
    list_select_related = ["from_stream", "to_stream", "recorded_by"]
    search_fields = ["from_stream__code", "to_stream__code", "why"]


@admin.register(CarryForward)
class CarryForwardAdmin(RecordedAdmin):
    """What streams carried forward."""

    list_display = ["stream", "year", "amount"]
    list_select_related = ["stream", "recorded_by"]
    search_fields = ["stream__code", "why"]
