"""Pages of exposures."""

from portfolio.common import formats
from portfolio.common.rows import RecordedPages, Shown, period_of
from products.catalog.models import Product
from products.value.exports import EXPOSURES as EXPORT
from products.value.exposure_filters import ExposureTable
from products.value.exposure_forms import ExposureForm
from products.value.models import Exposure, Metric

EXPOSURES = RecordedPages(
    Exposure,
    room="value",
    name="exposure",
    at="exposures",
    form=ExposureForm,
    table=ExposureTable,
    export=EXPORT,
    columns=(
        Shown("Feature flag", "flag", sort="flag"),
        Shown("Product", "product", sort="product"),
        Shown("Share of customers", "share", formats.share, sort="share", is_number=True),
        Shown("When", "self", period_of, sort="starts"),
        Shown("Metric", "metric"),
    ),
    room_nav="value/_room.html",
    intro="Which share of a product's customers had what from which day on: dates on the charts of its metrics.",
    add="Record an exposure",
    add_intro="A feature flag that opens to a share of the customers. It stands as a date on the metric's chart.",
    retract_words="It was never open so. If its days or its share were others, correct it instead.",
    empty="Record what was switched on for whom, so that the charts of metrics show when.",
    begins={"product": Product, "metric": Metric},
)
