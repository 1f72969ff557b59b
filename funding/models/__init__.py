"""What a row of this room means: one file a subject."""

from funding.models.commitments import Commitment
from funding.models.ledger import ExchangeRate, LedgerEntry, LedgerEntryQuerySet, MonthPart, hold_conversion
from funding.models.streams import Allocation, Cadence, FundingStream
from funding.models.transfers import CarryForward, Transfer

__all__ = [
    "Allocation",
    "Cadence",
    "CarryForward",
    "Commitment",
    "ExchangeRate",
    "FundingStream",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "MonthPart",
    "Transfer",
    "hold_conversion",
]
