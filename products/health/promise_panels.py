"""What promises and delivery tell on the page of a service."""

from datetime import date

from django.urls import reverse

from portfolio.common import access
from portfolio.common.models import User
from products.health.budget_reading import budgets_of
from products.health.delivery_reading import histories_of, quarters_until
from products.health.models import DeliveryEvent, Objective, Requirement, Service
from products.health.panels import Panel, tells_service
from products.health.promise_reading import readiness_of, requirements_of, risky_releases


@tells_service
def promises(service: Service, user: User, on: date) -> list[Panel]:
    """Return what is left of a service's error budgets, and whether it is ready for production."""
    objectives = list(Objective.objects.visible_to(user).filter(service=service).order_by("name", "pk"))
    for one in objectives:
        one.service = service
    return [
        Panel(
            "budgets",
            "What it promises",
            "health/_panel_budgets.html",
            {
                "rows": budgets_of(objectives, on),
                "may_add": access.may_write(user, Objective(service=service)),
            },
            order=20,
        ),
        Panel(
            "readiness",
            "Whether it is ready for production",
            "health/_panel_readiness.html",
            {
                "readiness": readiness_of([service], on)[service.pk],
                "may_state": access.may_write(user, Requirement(service=service)),
            },
            order=30,
        ),
    ]


@tells_service
def delivery(service: Service, user: User, on: date) -> list[Panel]:
    """Return how a service is delivered lately, and what was released while a requirement was unverified."""
    history = histories_of([service.pk])[service.pk]
    deployments = DeliveryEvent.objects.visible_to(user).known().filter(service=service, kind="deployment")
    releases = risky_releases(deployments.order_by("-happened_at"), requirements_of([service.pk]))
    quarters = [history.between(*ends) for ends in quarters_until(on)]
    return [
        Panel(
            "delivery",
            "How changes reach customers",
            "health/_panel_delivery.html",
            {
                "now": next((one for one in quarters[::-1] if not one.is_empty), None),
                "releases": releases[:5],
                "release_count": len(releases),
                "href": reverse("health:service-delivery", args=[service.code]),
                "may_post": access.may_write(user, DeliveryEvent(service=service)),
            },
            order=40,
        )
    ]
