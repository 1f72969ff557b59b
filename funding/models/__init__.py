"""What a row of this room means: one file a subject."""

from funding.models.closing import ClosedBalance, PeriodClose
from funding.models.ledger import ExchangeRate, LedgerEntry, LedgerEntryQuerySet, MonthPart, hold_conversion
from funding.models.streams import Allocation, Cadence, FundingStream

__all__ = [
    "Allocation",
    "Cadence",
    "ClosedBalance",
    "ExchangeRate",
    "FundingStream",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "MonthPart",
    "PeriodClose",
    "hold_conversion",
]
