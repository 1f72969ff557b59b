"""Template tags of the estate: what stands out of a row, and when a component is to be renewed."""

from datetime import date

from django import template

from portfolio.common.months import today
from products.health import estate
from products.health.models import Component, Service
from products.health.shelf_life import due_quarter, quarter_name

register = template.Library()


@register.filter
def stands_out(row: Service | Component) -> list[estate.Sign]:
    """`{{ service|stands_out }}`: what stands out of a service or component that was read with its signs."""
    return estate.service_signs(row) if isinstance(row, Service) else estate.component_signs(row, today())


@register.filter
def quarter_due(row: Component) -> str:
    """`{{ component|quarter_due }}`: the quarter in which a component is to be renewed; what has ended is due now."""
    ends: date | None = row.support_ends  # type: ignore[attr-defined]
    on = today()
    return "Ended already" if estate.is_unsupported(row, on) else quarter_name(due_quarter(ends or on, on))
