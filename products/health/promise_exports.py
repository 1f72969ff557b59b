"""Objectives, measurements, requirements and evidence as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.health.models import Evidence, Measurement, Objective, Requirement

OBJECTIVES = Export(
    "objectives", Objective, f"code service name kind target window_days threshold source {ILLUSTRATIVE}"
)
MEASUREMENTS = Export("measurements", Measurement, f"objective starts ends good total {ILLUSTRATIVE}")
REQUIREMENTS = Export("requirements", Requirement, f"code service name kind statement baselined_on {ILLUSTRATIVE}")
EVIDENCE = Export("evidence", Evidence, f"requirement verified_on expires_on has_passed source {ILLUSTRATIVE}")

EXPORTS = (OBJECTIVES, MEASUREMENTS, REQUIREMENTS, EVIDENCE)
