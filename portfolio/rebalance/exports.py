"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from portfolio.rebalance.models import Elasticity, Scenario, ScenarioLine

ELASTICITIES = Export("elasticities", Elasticity, f"product stage low high evidence why {ILLUSTRATIVE}")
SCENARIOS = Export(
    "scenarios",
    Scenario,
    "name note value_stream starts budget",
    "id version based_on made_by made_at edited_at archived_at",
)
LINES = Export(
    "scenario-lines",
    ScenarioLine,
    "stream product base_amount monthly_amount locked=is_locked",
    "currency=stream__currency product_name=product__name stream_name=stream__name "
    "value_stream=product__value_stream id scenario",
)

EXPORTS = (ELASTICITIES,)
