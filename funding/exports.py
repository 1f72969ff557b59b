"""This room's lists as files; the columns that the import reads come first."""

from funding.models import (
    Allocation,
    CarryForward,
    Commitment,
    ExchangeRate,
    FundingStream,
    Guardrail,
    LedgerEntry,
    Transfer,
    Waiver,
)
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
GUARDRAILS = Export(
    "guardrails",
    Guardrail,
    "name owner kind bound amount share category value_stream stage stream product team starts ends why "
    f"{ILLUSTRATIVE}",
)
WAIVERS = Export("waivers", Waiver, f"guardrail person product value_stream starts ends why {ILLUSTRATIVE}")

COMMITMENTS = Export(
    "commitments",
    Commitment,
    f"reference product stream supplier starts ends amount currency account is_capital settled_on memo {ILLUSTRATIVE}",
    "base_amount",
)
TRANSFERS = Export(
    "transfers",
    Transfer,
    f"from_stream to_stream moved_on amount why {ILLUSTRATIVE}",
    "currency=from_stream__currency received_amount received_currency=to_stream__currency base_amount",
)
CARRY_FORWARDS = Export(
    "carry-forwards", CarryForward, f"stream year amount why {ILLUSTRATIVE}", "currency=stream__currency"
)

EXPORTS = (
    STREAMS,
    ALLOCATIONS,
    LEDGER_ENTRIES,
    EXCHANGE_RATES,
    COMMITMENTS,
    TRANSFERS,
    CARRY_FORWARDS,
    GUARDRAILS,
    WAIVERS,
)
