"""How services are delivered, read from the events that pipelines post; worked out by `portfolio.engine.delivery`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from portfolio.common.months import add_months, fiscal_year
from portfolio.engine.delivery import Changed, Delivered, Deployment, Failure, changes, delivered, paired
from products.health.models import DeliveryEvent, EventKind, Incident

QUARTERS = 6  #: shown, the one under way included


@dataclass
class History:
    """Everything that was delivered of one service, and what went wrong with it."""

    changed: list[Changed] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def between(self, first: date, after: date) -> Delivered:
        """Return the figures of the days [first, after)."""
        return delivered(self.changed, self.failures, start_of(first), start_of(after))


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins, in universal time: one rule for every reader."""
    return datetime.combine(day, time(), UTC)


def histories_of(services: Iterable[int], *, known: datetime | None = None) -> dict[int, History]:
    """Return what was delivered of services, by key; two queries.

    An incident counts as a failed change where an event of its service bears its code: a failure with the code as its
    reference says by `caused_by` which deployment it was. It begins and ends when the incident did.
    """
    keys = set(services)
    deployments: dict[int, list[Deployment]] = defaultdict(list)
    failed: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    restored: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    rows = DeliveryEvent.objects.known(known).filter(service__in=keys).order_by("happened_at", "pk")
    for service, kind, at, begun, reference, caused_by in rows.values_list(
        "service", "kind", "happened_at", "begun_at", "reference", "caused_by"
    ):
        match kind:
            case EventKind.DEPLOYMENT:
                deployments[service].append(Deployment(at, reference, begun))
            case EventKind.FAILURE:
                failed[service].append((at, reference, caused_by))
            case EventKind.RESTORE:
                restored[service].append((at, reference or caused_by))
    incidents: dict[int, dict[str, tuple[datetime, datetime | None]]] = defaultdict(dict)
    for service, code, started, ended in Incident.objects.filter(service__in=keys).values_list(
        "service", "code", "started_at", "restored_at"
    ):
        incidents[service][code] = (started, ended)
    found = {}
    for key in keys:
        failures = _failures(failed[key], restored[key], incidents[key])
        found[key] = History(changes(deployments[key], failures), failures)
    return found


def _failures(
    failed: Sequence[tuple[datetime, str, str]],
    restored: Sequence[tuple[datetime, str]],
    incidents: dict[str, tuple[datetime, datetime | None]],
) -> list[Failure]:
    """Return the failures that were posted, each incident once and with its own times."""
    plain: list[tuple[datetime, str, str]] = []
    linked: dict[str, str] = {}
    for at, reference, caused_by in failed:
        code = next((name for name in (reference, caused_by) if name in incidents), "")
        if code:
            linked.setdefault(code, "" if caused_by == code else caused_by)
        else:
            plain.append((at, reference, caused_by))
    for _, reference in restored:
        if reference in incidents:
            linked.setdefault(reference, "")
    return [
        *paired(plain, [(at, reference) for at, reference in restored if reference not in incidents]),
        *(Failure(*incidents[code], caused_by) for code, caused_by in linked.items()),
    ]


def quarters_until(on: date, count: int = QUARTERS) -> list[tuple[date, date]]:
    """Return the last quarters of fiscal years, oldest first, with the one that the day is in."""
    year = fiscal_year(on)
    starts = [add_months(year, 3 * place) for place in range(4)]
    last = max(start for start in starts if start <= on)
    return [(add_months(last, -3 * back), add_months(last, 3 - 3 * back)) for back in reversed(range(count))]
