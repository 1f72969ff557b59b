"""Requirements and their evidence, read from the database for `readiness`: of one service, of many, of releases."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min, QuerySet
from django.utils import timezone

from products.health.models import DeliveryEvent, EventKind, Evidence, Requirement, RequirementKind, Service
from products.health.readiness import SOON, Looked, Readiness, Required, readiness, unverified_on


@dataclass(frozen=True)
class Release:
    """A deployment that was made while requirements were unverified."""

    event: DeliveryEvent
    risked: tuple[Required, ...]

    @property
    def in_words(self) -> str:
        """What was not verified then."""
        return ", ".join(one.name for one in self.risked)


def requirements_of(services: Iterable[int], *, known: datetime | None = None) -> dict[int, list[Required]]:
    """Return the requirements of services, by the key of each, with every look at them; two queries."""
    rows = list(Requirement.objects.filter(service__in=set(services)).order_by("service", "kind", "name", "pk"))
    looks: dict[int, list[Looked]] = defaultdict(list)
    evidence = Evidence.objects.known(known).filter(requirement__in=[row.pk for row in rows])
    for pk, requirement, verified, expires, passed in evidence.values_list(
        "pk", "requirement", "verified_on", "expires_on", "has_passed"
    ):
        looks[requirement].append(Looked(verified, expires, passed, pk))
    found: dict[int, list[Required]] = defaultdict(list)
    for row in rows:
        found[row.service_id].append(required(row, looks[row.pk]))
    return found


def required(row: Requirement, looks: Iterable[Looked]) -> Required:
    """Return a requirement as `readiness` knows it."""
    return Required(row.pk, row.code, row.name, row.kind, row.baselined_on, tuple(looks))


def looks_of(evidence: Iterable[Evidence]) -> tuple[Looked, ...]:
    """Return evidence as `readiness` knows it."""
    return tuple(Looked(row.verified_on, row.expires_on, row.has_passed, row.pk) for row in evidence)


def first_deployments(services: Iterable[int]) -> dict[int, date]:
    """Return the day on which each service was first deployed, of those that were; one query."""
    rows = DeliveryEvent.objects.known().filter(service__in=set(services), kind=EventKind.DEPLOYMENT)
    found = rows.values_list("service").annotate(first=Min("happened_at")).order_by()
    return {service: timezone.localdate(first) for service, first in found}


def readiness_of(services: Iterable[Service], on: date) -> dict[int, Readiness]:
    """Return whether services are ready on a day, by key; three queries."""
    keys = [service.pk for service in services]
    found, deployed = requirements_of(keys), first_deployments(keys)
    kinds = {str(value): str(label) for value, label in RequirementKind.choices}
    return {key: readiness(found.get(key, []), kinds, on, deployed.get(key)) for key in keys}


def risky_releases(events: Iterable[DeliveryEvent], known: Mapping[int, list[Required]] | None = None) -> list[Release]:
    """Return the deployments among events that were made while a requirement was unverified, in the order given.

    `known` are the requirements by service, where they were read already; else two queries.
    """
    deployments = [event for event in events if event.kind == EventKind.DEPLOYMENT]
    by_service = known if known is not None else requirements_of({event.service_id for event in deployments})
    releases = []
    for event in deployments:
        day = timezone.localdate(event.happened_at)
        if risked := unverified_on(by_service.get(event.service_id, []), day):
            releases.append(Release(event, tuple(risked)))
    return releases


@dataclass(frozen=True)
class Expiring:
    """A requirement that held when it was tested last, and whose evidence expires soon or has."""

    requirement: Requirement
    verified_on: date
    expires_on: date


def expiring(requirements: QuerySet[Requirement], on: date) -> list[Expiring]:
    """Return those of the requirements whose latest evidence expires within 30 days of `on` or has, the first first.

    One query for them and one for their evidence. What failed is no matter of time, and left out.
    """
    found = []
    for row in requirements.with_known_evidence().select_related("service__product"):  # type: ignore[attr-defined]
        one = required(row, looks_of(row.known_evidence))
        look = one.latest(on)
        if look and look.has_passed and one.is_baselined(on) and look.expires_on <= on + SOON:
            found.append(Expiring(row, look.verified_on, look.expires_on))
    return sorted(found, key=lambda one: (one.expires_on, one.requirement.name, one.requirement.pk))
