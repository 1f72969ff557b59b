"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.catalog.models import Assignment, Feedback, FeedbackForm, Insight, Product, Segment, Theme, ValueStream

VALUE_STREAMS = Export("value-streams", ValueStream, f"code name parent purpose {ILLUSTRATIVE}")
PRODUCTS = Export("products", Product, f"code name value_stream stage kind purpose usage_unit {ILLUSTRATIVE}", "owner")
SEGMENTS = Export("segments", Segment, f"code product name size size_basis {ILLUSTRATIVE}")
THEMES = Export("themes", Theme, f"code product name summary {ILLUSTRATIVE}")
INSIGHTS = Export(
    "insights",
    Insight,
    "product segment said_on kind text source theme said_by team metric=metric__code journey=journey__code "
    f"item=item__code {ILLUSTRATIVE}",
    "feedback",
)
#: A public form is opened by hand, and what came in by it is nobody's to import; what was written is not in the file.
FEEDBACK_FORMS = Export("feedback-forms", FeedbackForm, f"code product name is_open intro thanks {ILLUSTRATIVE}")
FEEDBACK = Export(
    "feedback",
    Feedback,
    f"id form product=form__product received_at satisfaction ease is_done may_quote state is_from_api {ILLUSTRATIVE}",
)
ASSIGNMENTS = Export("assignments", Assignment, f"team product share starts ends {ILLUSTRATIVE}")

EXPORTS = (VALUE_STREAMS, PRODUCTS, SEGMENTS, THEMES, INSIGHTS, ASSIGNMENTS, FEEDBACK_FORMS, FEEDBACK)
