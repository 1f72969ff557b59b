"""This room's lists as files; the columns that the import reads come first."""

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.exports import ILLUSTRATIVE, Export

STREAMS = Export(
    "streams", FundingStream, f"code name currency sponsor category review_months reviewed_on {ILLUSTRATIVE}", "purpose"
)
ALLOCATIONS = Export(
    "allocations",
    Allocation,
    f"stream product monthly_amount starts ends why {ILLUSTRATIVE}",
    "currency=stream__currency",
)
LEDGER_ENTRIES = Export(
    "ledger-entries",
    LedgerEntry,
    f"reference product stream starts ends amount currency account includes_labour is_capital memo {ILLUSTRATIVE}",
    "base_amount",
)
EXCHANGE_RATES = Export("fx-rates", ExchangeRate, f"currency rate starts ends {ILLUSTRATIVE}", "base")

EXPORTS = (STREAMS, ALLOCATIONS, LEDGER_ENTRIES, EXCHANGE_RATES)
