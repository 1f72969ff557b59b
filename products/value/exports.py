"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.value import recognition_exports
from products.value.models import Confirmation, Exposure, Metric, Observation, Score, Valuation

METRICS = Export(
    "metrics",
    Metric,
    f"code product name behaviour unit cadence_days is_higher_better target felt_by unvalued_reason asks "
    f"{ILLUSTRATIVE}",
)
OBSERVATIONS = Export(
    "observations", Observation, f"metric starts ends value source {ILLUSTRATIVE}", "unit=metric__unit"
)
VALUATIONS = Export(
    "valuations",
    Valuation,
    f"metric low high currency baseline evidence asserted_by source starts ends {ILLUSTRATIVE}",
)
SCORES = Export(
    "scores", Score, f"metric starts ends answers mean deviation completed source {ILLUSTRATIVE}", "observation"
)
#: Nobody imports another's word.
CONFIRMATIONS = Export("confirmations", Confirmation, "valuation", f"metric=valuation__metric comment {ILLUSTRATIVE}")
EXPOSURES = Export("exposures", Exposure, f"product flag share starts ends metric {ILLUSTRATIVE}")

EXPORTS = (
    METRICS,
    OBSERVATIONS,
    VALUATIONS,
    SCORES,
    EXPOSURES,
    CONFIRMATIONS,
    recognition_exports.SHARED_OUTCOMES,
)
