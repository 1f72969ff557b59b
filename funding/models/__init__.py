"""What a row of this room means: one file a subject."""

from funding.models.ledger import ExchangeRate, LedgerEntry, LedgerEntryQuerySet, MonthPart, hold_conversion
from funding.models.streams import Allocation, Cadence, FundingStream

__all__ = [
    "Allocation",
    "Cadence",
    "ExchangeRate",
    "FundingStream",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "MonthPart",
    "hold_conversion",
]
