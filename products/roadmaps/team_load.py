"""How many roadmap items teams have begun and not ended: part of what they have to do."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from products.roadmaps.models import Item
from teams.contributions import Count, tells_load


@tells_load
def items_of(teams: Collection[int], days: Sequence[date]) -> list[Count]:
    """Return how many items that name each team were under way on each day. One query.

    Under way is begun, and not shipped or dropped. An item that is planned is not yet work; one that names no team is
    any assigned team's, and counts for none.
    """
    under_way: dict[int, list[int]] = defaultdict(lambda: [0] * len(days))
    rows = Item.objects.filter(team__in=teams, started_on__isnull=False, started_on__lte=max(days)).order_by()
    for team, begun, ended in rows.values_list("team_id", "started_on", "ended_on"):
        for at, day in enumerate(days):
            under_way[team][at] += begun <= day and (ended is None or day < ended)
    return [Count("items", "Items under way", dict(under_way))]
