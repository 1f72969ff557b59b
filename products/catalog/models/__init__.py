"""Value streams, products, customers and what they say, and assignments of teams."""

from products.catalog.models.assignments import Assignment, AssignmentQuerySet, most_taken
from products.catalog.models.customers import (
    Insight,
    InsightKind,
    InsightQuerySet,
    Segment,
    SegmentQuerySet,
    Theme,
    ThemeQuerySet,
)
from products.catalog.models.feedback import (
    Feedback,
    FeedbackForm,
    FeedbackFormQuerySet,
    FeedbackQuerySet,
    FeedbackState,
)
from products.catalog.models.products import Kind, Product, ProductQuerySet, Stage, ValueStream, ValueStreamQuerySet

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "Feedback",
    "FeedbackForm",
    "FeedbackFormQuerySet",
    "FeedbackQuerySet",
    "FeedbackState",
    "Insight",
    "InsightKind",
    "InsightQuerySet",
    "Kind",
    "Product",
    "ProductQuerySet",
    "Segment",
    "SegmentQuerySet",
    "Stage",
    "Theme",
    "ThemeQuerySet",
    "ValueStream",
    "ValueStreamQuerySet",
    "most_taken",
]
