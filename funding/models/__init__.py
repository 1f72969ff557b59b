"""What a row of this room means: one file a subject."""

from funding.models.guardrails import Bound, Guardrail, GuardrailKind, Waiver
from funding.models.ledger import ExchangeRate, LedgerEntry, LedgerEntryQuerySet, MonthPart, hold_conversion
from funding.models.streams import Allocation, Cadence, FundingStream

__all__ = [
    "Allocation",
    "Bound",
    "Cadence",
    "ExchangeRate",
    "FundingStream",
    "Guardrail",
    "GuardrailKind",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "MonthPart",
    "Waiver",
    "hold_conversion",
]
