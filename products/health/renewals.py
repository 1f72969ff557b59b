"""Which components end their support when, who pays for renewing them, and what renews them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from portfolio.common.months import add_months
from products.health.estate import components_that, is_unsupported, with_signs_of_components
from products.health.models import Component, Part
from products.health.shelf_life import AHEAD, due_quarter, quarters
from products.roadmaps.models.items import OPEN


@dataclass(frozen=True)
class Renewal:
    """A component whose support ends, or has ended, within the quarters that are looked at."""

    component: Component
    quarter: date  #: in which it is due; what has ended is due now
    is_overdue: bool
    products: tuple[int, ...]  #: that pay for it, in even parts; none where nobody uses it

    @property
    def ends(self) -> date | None:
        """The first day without support; None where it has ended and no day is known."""
        return self.component.support_ends  # type: ignore[attr-defined]

    @property
    def is_planned(self) -> bool:
        """Whether an open item of a roadmap renews it."""
        return self.component.is_planned  # type: ignore[attr-defined]

    @property
    def is_priced(self) -> bool:
        """Whether it is said what renewing it costs."""
        return self.component.renewal_low is not None and self.component.renewal_high is not None


def ending(components: QuerySet[Component], on: date, count: int = AHEAD) -> QuerySet[Component]:
    """Return the components whose support has ended, or ends in one of `count` quarters, with their signs."""
    after = add_months(quarters(on, count)[-1], 3)
    found = with_signs_of_components(components, on)
    return found.filter(Q(support_ends__lt=after) | components_that("no-support", on))


def payers(components: Iterable[Component], on: date) -> dict[int, tuple[int, ...]]:
    """Return who pays for renewing each component, by product: one query.

    The product whose open item renews it; without one, those whose services are built of it on the day, in even parts.
    """
    rows = list(components)
    parts = Part.objects.known().current(on).filter(component__in=[row.pk for row in rows], service__is_retired=False)
    users: dict[int, set[int]] = defaultdict(set)
    for component, product in parts.order_by().values_list("component_id", "service__product_id"):
        users[component].add(product)
    return {
        row.pk: (row.item.product_id,) if row.item and row.item.state in OPEN else tuple(sorted(users[row.pk]))
        for row in rows
    }


def renewals(on: date, count: int = AHEAD, keys: Collection[int] | None = None) -> list[Renewal]:
    """Return what is to be renewed, seen from a day, what ends first before the others; two queries.

    With `keys`, of these components only.
    """
    components = Component.objects.select_related("owner", "item__roadmap", "item__product")
    if keys is not None:
        components = components.filter(pk__in=keys)
    rows = list(ending(components, on, count).order_by("support_ends", "name", "pk"))
    paid_by = payers(rows, on)
    found = []
    for row in rows:
        is_overdue = is_unsupported(row, on)
        ends = on if row.support_ends is None else row.support_ends
        found.append(Renewal(row, due_quarter(ends, on), is_overdue, paid_by[row.pk]))
    return sorted(found, key=lambda one: (one.ends or date.min, one.component.name))
