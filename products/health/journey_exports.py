"""Lists of journeys and incidents as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.health.models import Drill, FailureMode, Impact, Incident, Journey, Passage, Step

JOURNEYS = Export(
    "journeys", Journey, f"code name product process purpose availability response_ms metric {ILLUSTRATIVE}"
)
STEPS = Export(
    "journey-steps",
    Step,
    f"journey position name service availability response_ms is_fixed starts ends {ILLUSTRATIVE}",
)
PASSAGES = Export("passages", Passage, f"journey position month entered completed {ILLUSTRATIVE}")
FAILURE_MODES = Export("failure-modes", FailureMode, f"code name service effect detection response {ILLUSTRATIVE}")
DRILLS = Export("drills", Drill, f"failure_mode held_on has_passed minutes notes {ILLUSTRATIVE}")
INCIDENTS = Export(
    "incidents",
    Incident,
    f"code name service severity started_at detected_at restored_at cause failure_mode is_harmless {ILLUSTRATIVE}",
)
IMPACTS = Export(
    "impacts",
    Impact,
    f"incident metric journey starts ends lost late late_share is_in_figures note {ILLUSTRATIVE}",
    "counted",
)

EXPORTS = (JOURNEYS, STEPS, PASSAGES, FAILURE_MODES, DRILLS, INCIDENTS, IMPACTS)
