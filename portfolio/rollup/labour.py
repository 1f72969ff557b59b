"""What assigned teams cost in a month: FTE x rate x share of the team, day by day.

Pay is private. A discipline that fewer than `FEW` people hold in a month is costed at the mean rate of all
disciplines in that month, so that no product's cost, nor the difference of two, gives away what one person is paid.
"""

from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from portfolio.common.months import add_months, during
from products.catalog.models import Assignment
from teams.models import Membership, Rate

if TYPE_CHECKING:
    from portfolio.rollup.facts import Knowledge

FEW = 3

Days = tuple[date, date]


def labour_by_product(
    month: date, knowledge: "Knowledge", products: Collection[int] | None, *, to_base: Callable[[str], Decimal]
) -> dict[int, int]:
    """Return the run-rate of the teams of each product in a month, in cents of the base currency.

    `to_base` gives the exchange rate of a currency; it raises where there is none.
    """
    after = add_months(month, 1)
    assignments = knowledge(Assignment).filter(during(month, after))
    if products is not None:
        assignments = assignments.filter(product_id__in=products)
    assigned = list(assignments.values_list("team_id", "product_id", "share", "starts", "ends"))
    if not assigned:
        return {}
    members: dict[int, list[tuple[int, Decimal, Days]]] = {}
    people: dict[int, set[int]] = {}
    for team, person, discipline, fte, starts, ends in (
        knowledge(Membership)
        .filter(during(month, after))
        .values_list("team_id", "person_id", "discipline_id", "fte", "starts", "ends")
    ):
        members.setdefault(team, []).append((discipline, fte, _within(starts, ends, month, after)))
        people.setdefault(discipline, set()).add(person)
    rates: dict[int, list[tuple[Decimal, Days]]] = {}
    for discipline, amount, currency, starts, ends in (
        knowledge(Rate)
        .filter(during(month, after))
        .values_list("discipline_id", "monthly_amount", "currency", "starts", "ends")
    ):
        days = _within(starts, ends, month, after)
        rates.setdefault(discipline, []).append((amount * to_base(currency), days))
    priced = _pool_the_few(rates, members, people, (month, after))

    totals: dict[int, Decimal] = {}
    for team, product, share, starts, ends in assigned:
        assigned_days = _within(starts, ends, month, after)
        for discipline, fte, member_days in members.get(team, ()):
            for amount, rate_days in priced.get(discipline, ()):
                worked = _common_days(assigned_days, member_days, rate_days)
                totals[product] = totals.get(product, Decimal(0)) + amount * fte * share * worked
    length = (after - month).days
    return {
        product: int((total * 100 / length).to_integral_value("ROUND_HALF_UP")) for product, total in totals.items()
    }


def _pool_the_few(
    rates: dict[int, list[tuple[Decimal, Days]]],
    members: dict[int, list[tuple[int, Decimal, Days]]],
    people: dict[int, set[int]],
    whole: Days,
) -> dict[int, list[tuple[Decimal, Days]]]:
    """Return the rates with those of disciplines that few people hold replaced by the mean over all people."""
    few = {discipline for discipline, holders in people.items() if len(holders) < FEW and discipline in rates}
    if not few:
        return rates
    paid = worked = Decimal(0)
    for discipline, fte, member_days in (member for team in members.values() for member in team):
        for amount, rate_days in rates.get(discipline, ()):
            days = fte * _common_days(member_days, rate_days, whole)
            paid += amount * days
            worked += days
    mean = paid / worked if worked else Decimal(0)
    return rates | {discipline: [(mean, days) for _, days in rates[discipline]] for discipline in few}


def _within(starts: date, ends: date | None, first: date, after: date) -> Days:
    return max(starts, first), min(ends, after) if ends else after


def _common_days(*intervals: Days) -> int:
    return max(0, (min(ends for _, ends in intervals) - max(starts for starts, _ in intervals)).days)
