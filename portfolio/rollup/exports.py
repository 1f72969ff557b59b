"""This room's lists as files: what is worked out, under the names that the API has."""

from funding.models import PeriodClose
from portfolio.common.exports import Export
from portfolio.rollup.models import Run, Standing

STANDINGS = Export(
    "standings",
    Standing,
    "",
    "product name=product__name value_stream=product__value_stream from=first_month to=last_month direct_cost "
    "loaded_cost own_value own_value_low own_value_high reached_value reached_value_low reached_value_high "
    "credited_value credited_value_low credited_value_high direct loaded credited credited_low credited_high evidence "
    "rank is_tied is_valued is_blocked illustrative=product__is_illustrative has_carried_shares overdue_days",
)
RUNS = Export(
    "rollup-runs",
    Run,
    "",
    "id cause is_full started_at seconds months product_months rows seed has_held error",
)
PERIOD_CLOSES = Export(
    "period-closes", PeriodClose, "", "month ledger_cost cost value late_cost late_value note digest"
)
