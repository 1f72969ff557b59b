"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream

VALUE_STREAMS = Export("value-streams", ValueStream, f"code name parent purpose {ILLUSTRATIVE}")
PRODUCTS = Export("products", Product, f"code name value_stream stage kind purpose usage_unit {ILLUSTRATIVE}", "owner")
SEGMENTS = Export("segments", Segment, f"code product name size size_basis {ILLUSTRATIVE}")
INSIGHTS = Export("insights", Insight, f"product segment said_on kind text source {ILLUSTRATIVE}")
ASSIGNMENTS = Export("assignments", Assignment, f"team product share starts ends {ILLUSTRATIVE}")

EXPORTS = (VALUE_STREAMS, PRODUCTS, SEGMENTS, INSIGHTS, ASSIGNMENTS)
