"""What pages show of journeys and incidents: each tag reads what it needs, wherever it stands."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portfolio.common import formats
from portfolio.common.months import add_months, month_of, today
from products.catalog.models import Product
from products.health import drilled, journey_reading, losses
from products.health.models import FailureMode, Incident, Journey

register = template.Library()


@register.simple_tag
def journeys_told(page: Iterable[Journey]) -> list[tuple[Journey, journey_reading.Summary]]:
    """Return the journeys of a page of a list, each with what the list says of it."""
    journeys = list(page)
    told = journey_reading.summaries(journeys)
    return [(journey, told[journey.pk]) for journey in journeys]


@register.simple_tag
def incidents_told(page: Iterable[Incident]) -> list[losses.Told]:
    """Return the incidents of a page of a list, each with what it cost."""
    incidents = list(page)
    told = losses.told_of(incidents)
    return [told[incident.pk] for incident in incidents]


@register.simple_tag
def modes_told(page: Iterable[FailureMode]) -> list[tuple[FailureMode, drilled.State]]:
    """Return the failure modes of a page of a list, each with the drill that last tried it."""
    modes = list(page)
    told = drilled.states(modes, today())
    return [(mode, told[mode.pk]) for mode in modes]


@register.filter
def lost(quantities: Iterable[tuple[Decimal, str]]) -> str:
    """Return what was lost, in words: 120 renewals, 3 payments."""
    return ", ".join(f"{formats.quantity(count)} {unit}" for count, unit in quantities) or formats.NONE


#: How a budget is kept, each word with its colour and what it means.
MARKS = {
    "kept": ("quiet", "What was measured lies within it."),
    "missed": ("stop", "What was measured lies beyond it."),
    "overdrawn": ("warn", "The steps take more than the journey has."),
}


@register.simple_tag
def mark(name: str) -> SafeString:
    """Say whether a budget is kept, missed or overdrawn."""
    tone, meaning = MARKS[name]
    return format_html('<span class="tag flag {}" title="{}">{}</span>', tone, meaning, name)


@register.inclusion_tag("health/_product_incidents.html")
def product_incidents(product: Product, known: datetime | None = None) -> dict[str, Any]:
    """Show what incidents cost a product's customers in the last twelve months."""
    told = losses.of_product(product, add_months(month_of(today()), -11), known or None)
    return {
        "told": told,
        "total": losses.added(cost for one in told for cost in one.costs),
        "is_unvalued": any(one.is_unvalued for one in told),
    }
