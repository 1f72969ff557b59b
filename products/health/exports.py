"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import Export
from products.health import delivery_exports, estate_exports, journey_exports, promise_exports

EXPORTS: tuple[Export, ...] = (
    *estate_exports.EXPORTS,
    *promise_exports.EXPORTS,
    *delivery_exports.EXPORTS,
    *journey_exports.EXPORTS,
)
