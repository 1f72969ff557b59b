"""What stands out in the estate, and who uses what: reads of services and components with what a list of them asks.

A service stands out where no team keeps it, where nobody uses it, and where it is built of something without support.
A component stands out where no team keeps it, where no service is built of it, where its support has ended or ends
within a year with nothing on a roadmap to renew it, and where nobody knows how long it is supported.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from portfolio.common.formats import day_name, quantity_short
from portfolio.common.months import months_after
from products.catalog.models import Kind, Segment
from products.health.models import Component, Dependency, Part, Service, Step, SupportDate
from products.roadmaps.contributions import pulls
from products.roadmaps.models import Item

SOON = 12  #: months ahead in which an end of support has to be planned for

UNOWNED, UNUSED, UNSUPPORTED, ENDING, UNDATED = "no-owner", "no-consumer", "no-support", "ends-soon", "no-date"
OF_SERVICES = ((UNOWNED, "No owner"), (UNUSED, "No consumer"), (UNSUPPORTED, "Built of something without support"))
OF_COMPONENTS = (
    (UNOWNED, "No owner"),
    (UNUSED, "No consumer"),
    (UNSUPPORTED, "No support"),
    (ENDING, "Support ends within a year, and nothing renews it"),
    (UNDATED, "End of support not known"),
)
ANY = "anything"


@dataclass(frozen=True)
class Sign:
    """Something that stands out: what it is, in words, and how it is mended."""

    key: str
    title: str
    words: str
    mend: str


def _any_of(conditions: list[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _flag(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


# -- Components -------------------------------------------------------------------------------------------------------


def with_support(components: QuerySet[Component], on: date) -> QuerySet[Component]:
    """Annotate `support_ends`, the first day without support, and `has_ended` where it has and no day is known.

    A component's own statement counts; else what is published for its release cycle.
    """
    published = SupportDate.objects.known().filter(product=OuterRef("eol_product"), cycle=OuterRef("eol_cycle"))
    return components.annotate(
        support_ends=Coalesce("end_of_support", Subquery(published.values("ends")[:1])),
        has_ended=_flag(Q(end_of_support=None) & Q(Exists(published.filter(ends=None, is_ended=True)))),
    )


def with_signs_of_components(components: QuerySet[Component], on: date) -> QuerySet[Component]:
    """Annotate what `component_signs` asks: support, `is_used` and `is_planned`, whether an open item renews it."""
    parts = Part.objects.known().current(on).filter(component=OuterRef("pk"), service__is_retired=False)
    planned = Item.objects.open().filter(pk=OuterRef("item")).order_by()
    return with_support(components, on).annotate(is_used=Exists(parts), is_planned=Exists(planned))


def components_that(key: str, on: date) -> Q:
    """Return the condition under which components, with their signs, stand out so; `ANY` is in any way."""
    lost = Q(support_ends__lte=on) | Q(support_ends=None, has_ended=True)
    conditions = {
        UNOWNED: Q(owner=None),
        UNUSED: Q(is_used=False),
        UNSUPPORTED: lost,
        ENDING: Q(support_ends__gt=on, support_ends__lte=months_after(on, SOON), is_planned=False),
        UNDATED: Q(support_ends=None, has_ended=False),
    }
    return _any_of(list(conditions.values())) if key == ANY else conditions[key]


def is_unsupported(component: Component, on: date) -> bool:
    """Return whether there is no support for a component, with its support, on a day."""
    ends = component.support_ends  # type: ignore[attr-defined]
    return ends <= on if ends else component.has_ended  # type: ignore[attr-defined]


def component_signs(component: Component, on: date) -> list[Sign]:
    """Return what stands out of a component that was read with its signs."""
    titles = dict(OF_COMPONENTS)
    ends = component.support_ends  # type: ignore[attr-defined]
    is_planned = component.is_planned  # type: ignore[attr-defined]
    found = []

    def add(key: str, words: str, mend: str) -> None:
        found.append(Sign(key, titles[key], words, mend))

    if component.owner_id is None:
        add(UNOWNED, "No team keeps it.", "Change it, and name the team that does.")
    if not component.is_used:  # type: ignore[attr-defined]
        add(UNUSED, "No service is built of it.", "Record which service is, or take it out of use.")
    if is_unsupported(component, on):
        renewed = f"{component.item} renews it." if is_planned else "Nothing renews it: put that on a roadmap."
        add(UNSUPPORTED, f"Without support since {day_name(ends)}." if ends else "Its support has ended.", renewed)
    elif ends and ends <= months_after(on, SOON) and not is_planned:
        add(ENDING, f"Support ends on {day_name(ends)}, and nothing renews it.", "Put its renewal on a roadmap.")
    elif ends is None:
        add(
            UNDATED,
            "Nobody knows how long it is supported.",
            "Give its end of support, or its product and release cycle at endoflife.date.",
        )
    return found


# -- Services ---------------------------------------------------------------------------------------------------------


def with_signs_of_services(services: QuerySet[Service], on: date) -> QuerySet[Service]:
    """Annotate what `service_signs` asks: `is_consumed` and `has_unsupported`."""
    dependencies = Dependency.objects.known().current(on).filter(needs=OuterRef("pk"), service__is_retired=False)
    steps = Step.objects.known().current(on).filter(service=OuterRef("pk"))
    linked = [Q(Exists(rows.filter(supplier=OuterRef("product")).order_by())) for rows in pulls(on)]
    used = [Q(product__kind=Kind.CUSTOMER), Q(Exists(dependencies)), Q(Exists(steps)), *linked]
    lost = with_support(Component.objects.order_by(), on).filter(components_that(UNSUPPORTED, on))
    parts = Part.objects.known().current(on).filter(service=OuterRef("pk"), component__in=lost.values("pk"))
    return services.annotate(is_consumed=_flag(_any_of(used)), has_unsupported=Exists(parts))


def services_that(key: str) -> Q:
    """Return the condition under which services, with their signs, stand out so; `ANY` is in any way."""
    conditions = {
        UNOWNED: Q(owner=None),
        UNUSED: Q(is_consumed=False),
        UNSUPPORTED: Q(has_unsupported=True),
    }
    return Q(is_retired=False) & (_any_of(list(conditions.values())) if key == ANY else conditions[key])


def service_signs(service: Service) -> list[Sign]:
    """Return what stands out of a service that was read with its signs; of a retired one nothing does."""
    if service.is_retired:
        return []
    titles = dict(OF_SERVICES)
    found = []
    if service.owner_id is None:
        found.append(
            Sign(UNOWNED, titles[UNOWNED], "No team keeps it running.", "Change it, and name the team that does.")
        )
    if not service.is_consumed:  # type: ignore[attr-defined]
        found.append(
            Sign(
                UNUSED,
                titles[UNUSED],
                "No customer, product, journey or other service uses it.",
                "Record who does: a link to its product, a step of a journey or a dependency. Or retire it.",
            )
        )
    if service.has_unsupported:  # type: ignore[attr-defined]
        found.append(
            Sign(
                UNSUPPORTED,
                titles[UNSUPPORTED],
                "It is built of something without support.",
                "See its parts, and put the renewal on a roadmap.",
            )
        )
    return found


# -- Who uses a service -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Consumer:
    """Somebody or something that uses a service."""

    kind: str
    name: str
    detail: str
    href: str


def consumers_of(service: Service, on: date) -> list[Consumer]:
    """Return who uses a service on a day: other services, journeys, linked products, and customers."""
    needed = Dependency.objects.known().current(on).filter(needs=service).for_table()
    steps = Step.objects.known().current(on).filter(service=service).for_table()
    found = [
        Consumer("Service", str(row.service), f"Needs it; of {row.service.product}", row.service.get_absolute_url())
        for row in needed
    ]
    found += [
        Consumer("Journey", str(row.journey), f"Step {row.position}: {row.name}", row.journey.get_absolute_url())
        for row in steps
    ]
    for rows in pulls(on):
        linked = rows.filter(supplier=service.product_id).select_related("consumer").order_by("consumer__name", "pk")
        found += [
            Consumer(
                "Product", str(row.consumer), f"Pulls from {service.product} by a link", row.consumer.get_absolute_url()
            )
            for row in linked
        ]
    if service.product.kind == Kind.CUSTOMER:
        page = f"{reverse('board:product', args=[service.product.code])}#customers"
        segments = Segment.objects.filter(product=service.product_id).order_by("name", "pk")
        found += [
            Consumer("Customers", row.name, f"{quantity_short(row.size)} of them" if row.size is not None else "", page)
            for row in segments
        ] or [Consumer("Customers", f"Customers of {service.product}", "Outside the organisation", page)]
    return found
