"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import Export
from products.health import journey_exports

EXPORTS: tuple[Export, ...] = (*journey_exports.EXPORTS,)
