"""What journeys and incidents tell on the page of a service."""

from datetime import date

from portfolio.common import access
from portfolio.common.models import User
from products.health import drilled, losses
from products.health.models import FailureMode, Incident, Service, Step
from products.health.panels import Panel, tells_service

LATEST = 10


@tells_service
def journeys(service: Service, user: User, on: date) -> list[Panel]:
    """Tell which journeys pass through a service: one query."""
    steps = list(Step.objects.known().current(on).filter(service=service).for_table())
    context = {"steps": steps}
    return [Panel("journeys", "Journeys that pass through it", "health/_service_journeys.html", context, 40)]


@tells_service
def incidents(service: Service, user: User, on: date) -> list[Panel]:
    """Tell what broke, what that cost customers, and how it can fail, with the drill that last tried it: five queries."""
    rows = list(Incident.objects.filter(service=service).for_table()[: LATEST + 1])
    told = losses.told_of(rows[:LATEST])
    modes = list(FailureMode.objects.filter(service=service).order_by("name", "pk"))
    states = drilled.states(modes, on)
    context = {
        "told": [told[row.pk] for row in rows[:LATEST]],
        "has_more": len(rows) > LATEST,
        "modes": [(mode, states[mode.pk]) for mode in modes],
        "may_add_incident": access.may_write(user, Incident(service=service)),
        "may_add_mode": access.may_write(user, FailureMode(service=service)),
    }
    return [Panel("incidents", "Incidents, and how it can fail", "health/_service_incidents.html", context, 50)]
