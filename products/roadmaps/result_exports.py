"""Results as files."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.roadmaps.models import Experiment

RESULTS = Export(
    "results",
    Experiment,
    "item=item__code concluded_on control_mean control_deviation control_size treatment_mean treatment_deviation "
    f"treatment_size effect standard_error source {ILLUSTRATIVE}",
    "roadmap=item__roadmap metric=item__metric unit=item__metric__unit",
)
