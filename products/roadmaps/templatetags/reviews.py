"""What every page that draws on a roadmap says of its reviews."""

from datetime import date
from typing import Any

from django import template

from portfolio.common.formats import day_name
from products.catalog.models import Product
from products.roadmaps.models import Roadmap

register = template.Library()


@register.filter
def written_day(text: str) -> str:
    """Return a day that is kept as text, as in a decision, as people read it."""
    return day_name(date.fromisoformat(text))


@register.inclusion_tag("roadmaps/_review_overdue.html")
def review_overdue(about: Roadmap | Product | None) -> dict[str, Any]:
    """`{% review_overdue product %}`: say which of the roadmaps of a product, or which roadmap, is to be reviewed.

    One query at most.
    """
    if isinstance(about, Roadmap):
        return {"overdue": Roadmap.objects.filter(pk=about.pk).overdue()}
    if isinstance(about, Product):
        return {"overdue": Roadmap.objects.of_products([about.pk]).overdue()}
    return {"overdue": []}
