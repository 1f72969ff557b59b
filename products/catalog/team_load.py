"""How many products teams work on: part of what they have to do."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from products.catalog.models import Assignment
from teams.contributions import Count, tells_load


@tells_load
def products_of(teams: Collection[int], days: Sequence[date]) -> list[Count]:
    """Return how many products have a share of each team on each day. One query."""
    rows = list(
        Assignment.objects.known()
        .during(min(days), max(days) + timedelta(days=1))
        .filter(team__in=teams)
        .order_by()
        .values_list("team_id", "product_id", "starts", "ends")
    )
    theirs: dict[int, list[tuple]] = {}
    for team, *row in rows:
        theirs.setdefault(team, []).append(row)
    return [
        Count(
            "products",
            "Products",
            {
                team: [
                    len({product for product, starts, ends in held if starts <= day and (ends is None or day < ends)})
                    for day in days
                ]
                for team, held in theirs.items()
            },
        )
    ]
