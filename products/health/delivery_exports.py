"""Delivery events and improvement as files; the columns that the import reads come first."""

from portfolio.common import sheets
from portfolio.common.exports import ILLUSTRATIVE, Column, Export, Sheet
from products.health.models import DeliveryEvent

DELIVERY_EVENTS = Export(
    "delivery-events",
    DeliveryEvent,
    f"service key kind happened_at begun_at reference caused_by {ILLUSTRATIVE}",
)
IMPROVEMENT = Sheet(
    "improvement",
    (
        Column("rank", "place__rank", sheets.INTEGER),
        Column("service", "service__code", sheets.TEXT),
        Column("name", "service__name", sheets.TEXT),
        Column("product", "service__product__code", sheets.TEXT),
        Column("team", "service__owner__code", sheets.TEXT),
        Column("times_better", "factor", sheets.RATIO),
        Column("times_better_low", "low", sheets.RATIO),
        Column("times_better_high", "high", sheets.RATIO),
        Column("is_tied", "place__is_tied", sheets.YES_NO),
        Column("rests_on", "rests_on", sheets.TEXT),
    ),
)

EXPORTS = (DELIVERY_EVENTS,)
