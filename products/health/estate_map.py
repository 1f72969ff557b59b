"""The map from business process to journey to service to component, as a nested list and as columns of a picture."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from portfolio.common.drawing import Box, Columns, columns
from products.health.estate import (
    Sign,
    component_signs,
    service_signs,
    with_signs_of_components,
)
from products.health.models import Component, Journey, Part, Process, Service, Step

MOST_SERVICES = 60  #: that a map shows before all are asked for

Row = Process | Journey | Service | Component


@dataclass(frozen=True)
class Place:
    """Something on the map, with what lies below it; without a `row` it is a group of what belongs to none."""

    key: str
    name: str
    row: Row | None = None
    signs: Sequence[Sign] = ()
    below: list["Place"] = field(default_factory=list)


@dataclass(frozen=True)
class EstateMap:
    """The map: processes with all below them, how many services there are and are shown, and its picture."""

    processes: list[Place]
    count: int
    shown: int
    picture: Columns | None

    @property
    def left_out(self) -> int:
        """How many services are left out."""
        return self.count - self.shown


def estate_map(services: Iterable[Service], on: date, *, most: int | None = MOST_SERVICES) -> EstateMap:
    """Return the map of services, of the first `most` of them where that is given; six queries.

    A service stands below each journey that has a step of it, and each journey below its process. One that is in no
    journey stands below its own process.
    """
    every = list(services)
    rows = every if most is None else every[:most]
    signs = {row.pk: service_signs(row) for row in rows}
    parts = _parts(rows, on)
    steps = list(
        Step.objects.known()
        .current(on)
        .filter(service__in=[row.pk for row in rows])
        .select_related("journey__process")
        .order_by("journey__name", "journey", "position", "pk")
    )
    journeys: dict[int, Journey] = {}
    walked: dict[int, dict[int, None]] = defaultdict(dict)  # services of a journey, in the order of its steps
    for step in steps:
        journeys[step.journey_id] = step.journey
        walked[step.journey_id][step.service_id] = None
    by_key = {row.pk: row for row in rows}
    in_journey = {key for found in walked.values() for key in found}
    processes: dict[int | None, Process | None] = {}
    below: dict[int | None, list[Place]] = defaultdict(list)

    def service_place(row: Service) -> Place:
        return Place(f"service-{row.pk}", row.name, row, signs[row.pk], parts.get(row.pk, []))

    for key, journey in journeys.items():
        processes[journey.process_id] = journey.process
        inside = [service_place(by_key[service]) for service in walked[key]]
        below[journey.process_id].append(Place(f"journey-{key}", journey.name, journey, (), inside))
    alone: dict[int | None, list[Place]] = defaultdict(list)
    for row in rows:
        if row.pk not in in_journey:
            processes[row.process_id] = row.process
            alone[row.process_id].append(service_place(row))
    for process, inside in alone.items():
        below[process].append(Place(f"no-journey-{process or 0}", "In no journey", None, (), inside))
    named = sorted((row for row in processes.values() if row), key=lambda row: (row.name, row.pk))
    places = [Place(f"process-{row.pk}", row.name, row, (), below[row.pk]) for row in named]
    if None in below:
        places.append(Place("no-process", "Of no process", None, (), below[None]))
    return EstateMap(places, len(every), len(rows), _picture(places))


def _parts(services: Sequence[Service], on: date) -> dict[int, list[Place]]:
    rows = list(
        Part.objects.known()
        .current(on)
        .filter(service__in=[row.pk for row in services])
        .order_by("component__name", "pk")
        .values_list("service_id", "component_id")
    )
    keys = {component for _, component in rows}
    found = with_signs_of_components(Component.objects.select_related("owner", "item"), on).in_bulk(keys)
    places = {key: Place(f"component-{key}", row.name, row, component_signs(row, on)) for key, row in found.items()}
    parts: dict[int, list[Place]] = defaultdict(list)
    for service, component in rows:
        parts[service].append(places[component])
    return parts


def _picture(processes: Collection[Place]) -> Columns | None:
    """Draw the map in four columns, each thing once; None where it does not fit."""
    headed: list[dict[str, Box]] = [{}, {}, {}, {}]
    pairs = []

    def box(place: Place, column: int) -> None:
        href = place.row.get_absolute_url() if place.row else ""
        headed[column].setdefault(place.key, Box(place.key, place.name, href, bool(place.signs)))

    for process in processes:
        if process.row:
            box(process, 0)
        for journey in process.below:
            if journey.row:
                box(journey, 1)
                pairs.append((process.key, journey.key))
            for service in journey.below:
                box(service, 2)
                # What is in no journey is tied to its process, past the column of journeys.
                pairs.append((journey.key if journey.row else process.key, service.key))
                for component in service.below:
                    box(component, 3)
                    pairs.append((service.key, component.key))
    headings = ("Processes", "Journeys", "Services", "Components")
    return columns([(name, list(boxes.values())) for name, boxes in zip(headings, headed, strict=True)], pairs)
