"""What this room tells of teams: the services they keep and their hours on call."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal

from products.health.models import OnCall, Service
from teams.contributions import Count, tells_load


@tells_load
def services_of(teams: Collection[int], days: Sequence[date]) -> list[Count]:
    """Return how many services each team kept on each day, by their edit history. One query.

    Who owned a service before that was first written down is taken to be who was written down first.
    """
    edits: dict[int, list[tuple[date, int | None]]] = defaultdict(list)
    rows = Service.history.order_by("history_date", "history_id")  # type: ignore[attr-defined]
    for service, moment, kind, owner, is_retired in rows.filter(
        id__in=Service.history.filter(owner_id__in=teams).values("id")  # type: ignore[attr-defined]
    ).values_list("id", "history_date", "history_type", "owner_id", "is_retired"):
        edits[service].append((moment.date(), None if is_retired or kind == "-" else owner))
    kept: dict[int, list[int]] = {team: [0] * len(days) for team in teams}
    for states in edits.values():
        for at, day in enumerate(days):
            owner = next((owner for since, owner in reversed(states) if since <= day), states[0][1])
            if owner in kept:
                kept[owner][at] += 1
    return [Count("services", "Services kept", kept)]


@tells_load
def on_call_of(teams: Collection[int], days: Sequence[date]) -> list[Count]:
    """Return how many hours a week each team was on call on each day, all its services together. One query."""
    hours: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(days))
    rows = OnCall.objects.known().during(min(days), max(days) + timedelta(days=1)).filter(team__in=teams).order_by()
    for team, a_week, starts, ends in rows.values_list("team_id", "hours_a_week", "starts", "ends"):
        for at, day in enumerate(days):
            if starts <= day and (ends is None or day < ends):
                hours[team][at] += a_week
    return [Count("on-call", "On call", dict(hours), "hours a week")]
