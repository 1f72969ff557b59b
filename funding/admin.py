"""The admin of this room."""

from django.contrib import admin

from funding.models import (
    Allocation,
    CarryForward,
    Commitment,
    ExchangeRate,
    FundingStream,
    Guardrail,
    LedgerEntry,
    PeriodClose,
    Transfer,
    Waiver,
)
from portfolio.common.admin import DescribedAdmin, ReadOnly, RecordedAdmin


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


@admin.register(Guardrail)
class GuardrailAdmin(RecordedAdmin):
    """Guardrails."""

    list_display = ["name", "kind", "bound", "amount", "share", "owner", "starts", "ends"]
    list_select_related = ["owner", "recorded_by"]
    search_fields = ["name", "why"]


@admin.register(Waiver)
class WaiverAdmin(RecordedAdmin):
    """Waivers."""

    list_display = ["guardrail", "person", "product", "value_stream", "starts", "ends"]
    list_select_related = ["person", "product", "value_stream", "recorded_by"]
    search_fields = ["guardrail", "why"]


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


@admin.register(PeriodClose)
class PeriodCloseAdmin(ReadOnly, admin.ModelAdmin):
    """Closed months, to read: they are closed and opened again on their own pages."""

    list_display = ["month", "ledger_cost", "cost", "value", "recorded_at", "recorded_by", "retracted_at"]
    list_select_related = ["recorded_by"]
