"""What ends its support, for the agendas of roadmaps: what their products are built of and nothing renews yet."""

from datetime import date, datetime

from portfolio.common.formats import day_name
from portfolio.common.months import months_after
from products.health.estate import SOON
from products.health.models import Part
from products.health.renewals import renewals
from products.roadmaps.contributions import AgendaRow, AgendaSection, tells_agenda
from products.roadmaps.models import Roadmap


@tells_agenda
def shelf_life(roadmap: Roadmap, on: date, known: datetime | None) -> list[AgendaSection]:
    """Return the components of a roadmap's products whose support ends within a year, or has, without an open item.

    Three queries. Components are described as they are now, whatever moment is asked for.
    """
    products = {product.pk for product in roadmap.its_products}
    parts = Part.objects.known(known).current(on).filter(service__product__in=products, service__is_retired=False)
    keys = set(parts.values_list("component_id", flat=True))
    last = months_after(on, SOON)
    rows = [
        AgendaRow(
            str(one.component),
            _in_words(one.ends, on),
            one.component.get_absolute_url(),
            f"component:{one.component.code}",
            is_urgent=one.is_overdue,
        )
        for one in (renewals(on, keys=keys) if keys else [])
        if not one.is_planned and (one.ends is None or one.ends <= last)
    ]
    nothing = "Nothing its products are built of ends its support within a year without an item that renews it."
    return [AgendaSection("shelf-life", "What ends its support and nothing renews", nothing, rows)]


def _in_words(ends: date | None, on: date) -> str:
    if ends is None:
        return "Its support has ended"
    return f"Support {'ended' if ends <= on else 'ends'} on {day_name(ends)}"
