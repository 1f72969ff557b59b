"""What of the estate rests on a product: what a roadmap that retires it has to settle."""

from datetime import date

from products.catalog.models import Product
from products.health.models import Dependency, Part, Service
from products.roadmaps.contributions import VestedInterest, tells_interests


@tells_interests
def of_services(product: Product, on: date) -> list[VestedInterest]:
    """Return the services that the product offers, and those of other products that need them on the day or later."""
    services = list(Service.objects.filter(product=product, is_retired=False).order_by("name", "pk"))
    needed = (
        Dependency.objects.known()
        .during(on, None)
        .filter(needs__product=product, needs__is_retired=False, service__is_retired=False)
        .exclude(service__product=product)
        .for_table()
    )
    return [
        VestedInterest(f"service:{row.pk}", "Services", row.name, row.purpose, row.get_absolute_url())
        for row in services
    ] + [
        VestedInterest(
            f"service-dependency:{row.pk}",
            "Services that need it",
            str(row.service),
            f"Of {row.service.product}; it needs {row.needs}",
            row.service.get_absolute_url(),
        )
        for row in needed
    ]


@tells_interests
def of_components(product: Product, on: date) -> list[VestedInterest]:
    """Return the components that only the product's services are built of: they would be left without a use."""
    parts = Part.objects.known().during(on, None).filter(service__is_retired=False)
    elsewhere = parts.exclude(service__product=product).values("component")
    rows = parts.filter(service__product=product).exclude(component__in=elsewhere).select_related("component__owner")
    found = {row.component_id: row.component for row in rows.order_by("component__name", "pk")}
    return [
        VestedInterest(
            f"component:{row.pk}",
            "Components",
            row.name,
            f"Kept by {row.owner}; nothing else is built of it" if row.owner else "Nothing else is built of it",
            row.get_absolute_url(),
        )
        for row in found.values()
    ]
