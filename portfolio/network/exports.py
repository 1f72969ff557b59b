"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from portfolio.network.models import Link, Usage

LINKS = Export("links", Link, f"supplier consumer service share starts ends {ILLUSTRATIVE}")
USAGE = Export("usage", Usage, f"supplier consumer month quantity {ILLUSTRATIVE}", "unit=supplier__usage_unit")

EXPORTS = (LINKS, USAGE)
