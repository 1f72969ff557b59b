"""What a row of this room means: one file a subject."""

from funding.models.closing import ClosedBalance, PeriodClose
from funding.models.commitments import Commitment
from funding.models.guardrails import Bound, Guardrail, GuardrailKind, Waiver
from funding.models.ledger import ExchangeRate, LedgerEntry, LedgerEntryQuerySet, MonthPart, hold_conversion
from funding.models.streams import Allocation, Cadence, FundingStream
from funding.models.transfers import CarryForward, Transfer

__all__ = [
    "Allocation",
    "Bound",
    "Cadence",
    "CarryForward",
    "ClosedBalance",
    "Commitment",
    "ExchangeRate",
    "FundingStream",
    "Guardrail",
    "GuardrailKind",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "MonthPart",
    "PeriodClose",
    "Transfer",
    "Waiver",
    "hold_conversion",
]
