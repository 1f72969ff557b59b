"""Reviews and ideas as files; nothing of them is imported."""

from portfolio.common.exports import ILLUSTRATIVE, Export
from products.roadmaps.models import Idea, Review

REVIEWS = Export("reviews", Review, "roadmap held_on", f"baseline=baseline__number present minutes {ILLUSTRATIVE}")
IDEAS = Export(
    "ideas",
    Idea,
    "roadmap name text",
    "by at status reason item=item__code merged_into decided_by decided_at insight id",
)
