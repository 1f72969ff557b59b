"""What assigned teams cost in a month: FTE x rate x share of the team, day by day.

Pay is private. A discipline that fewer than `FEW` people hold in a month is costed at the mean rate of all
disciplines in that month, so that no product's cost, nor the difference of two, gives away what one person is paid.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet

from portfolio.common.months import add_months, during
from products.catalog.models import Assignment
from teams.models import Membership, Rate

FEW = 3

Days = tuple[date, date]
#: Which rows of a model count, such as those known at a moment.
Knowledge = Callable[[type[Model]], QuerySet]


def labour_by_product(
    months: Sequence[date],
    knowledge: Knowledge,
    products: Collection[int] | None,
    *,
    to_base: Callable[[str, date], Decimal],
) -> dict[date, dict[int, int]]:
    """Return the run-rate of the teams of each product in months that follow each other, in cents of the base currency.

    `to_base` gives the exchange rate of a currency in a month; it raises where there is none.
    """
    first, after = months[0], add_months(months[-1], 1)
    assignments = knowledge(Assignment).filter(during(first, after))
    if products is not None:
        assignments = assignments.filter(product_id__in=products)
    assigned = list(assignments.values_list("team_id", "product_id", "share", "starts", "ends"))
    if not assigned:
        return {month: {} for month in months}
    members = list(
        knowledge(Membership)
        .filter(during(first, after))
        .values_list("team_id", "person_id", "discipline_id", "fte", "starts", "ends")
    )
    rates = list(
        knowledge(Rate)
        .filter(during(first, after))
        .values_list("discipline_id", "monthly_amount", "currency", "starts", "ends")
    )
    changes = sorted({day for row in (*assigned, *members, *rates) for day in row[-2:] if day})
    labour: dict[date, dict[int, int]] = {}
    before: tuple | None = None
    for month in months:
        worth = tuple(to_base(currency, month) for currency in _currencies(rates, month))
        # A month is as the one before where nothing began or ended on any day from the first of that one on.
        is_plain = not _between(changes, month + timedelta(days=1), add_months(month, 1))
        if before and is_plain and before == (worth,) and not _between(changes, month, add_months(month, 1)):
            labour[month] = labour[add_months(month, -1)]
        else:
            labour[month] = _of_month(month, assigned, members, rates, to_base)
        before = (worth,) if is_plain else None
    return labour


def labour_by_team(
    months: Collection[date], knowledge: Knowledge, *, to_base: Callable[[str, date], Decimal]
) -> dict[date, dict[int, dict[int, int]]]:
    """Return the run-rate of each team in some months, by product, in cents of the base currency; three queries.

    Few people are pooled as in `labour_by_product`. In a month in which fewer than `FEW` people are paid in all, even
    the mean would give one of them away: then no team has a run-rate.
    """
    if not months:
        return {}
    span = during(min(months), add_months(max(months), 1))
    assigned = [
        (team, (team, product), share, starts, ends)
        for team, product, share, starts, ends in knowledge(Assignment)
        .filter(span)
        .values_list("team_id", "product_id", "share", "starts", "ends")
    ]
    members = list(
        knowledge(Membership).filter(span).values_list("team_id", "person_id", "discipline_id", "fte", "starts", "ends")
    )
    rates = list(
        knowledge(Rate).filter(span).values_list("discipline_id", "monthly_amount", "currency", "starts", "ends")
    )
    priced = {row[0] for row in rates}
    labour: dict[date, dict[int, dict[int, int]]] = {}
    for month in months:
        after = add_months(month, 1)
        paid = {row[1] for row in members if row[2] in priced and row[4] < after and (row[5] is None or row[5] > month)}
        labour[month] = {}
        if len(paid) < FEW:
            continue
        of_pairs: dict[Any, int] = _of_month(month, assigned, members, rates, to_base)
        for (team, product), cents in of_pairs.items():
            labour[month].setdefault(team, {})[product] = cents
    return labour


def mean_of_all(month: date, knowledge: Knowledge, *, to_base: Callable[[str, date], Decimal]) -> Decimal | None:
    """Return what an FTE costs a month on average, all people pooled, in the base currency; two queries.

    None where fewer than `FEW` people are paid that month: the mean would give one of them away.
    """
    after = add_months(month, 1)
    span = during(month, after)
    members = list(
        knowledge(Membership).filter(span).values_list("person_id", "discipline_id", "fte", "starts", "ends")
    )
    rates: dict[int, list[tuple[Decimal, Days]]] = {}
    for discipline, amount, currency, starts, ends in (
        knowledge(Rate).filter(span).values_list("discipline_id", "monthly_amount", "currency", "starts", "ends")
    ):
        days = _within(starts, ends, month, after)
        rates.setdefault(discipline, []).append((amount * to_base(currency, month), days))
    paid = worked = Decimal(0)
    people = set()
    for person, discipline, fte, starts, ends in members:
        for amount, rate_days in rates.get(discipline, ()):
            common = fte * _common_days(_within(starts, ends, month, after), rate_days)
            paid += amount * common
            worked += common
            people.add(person)
    return paid / worked if worked and len(people) >= FEW else None


def _between(changes: list[date], first: date, after: date) -> bool:
    """Whether something changes on a day of `[first, after)`."""
    return bisect_left(changes, first) < bisect_left(changes, after)


def _currencies(rates: list[tuple], month: date) -> list[str]:
    """Return the currencies in which somebody is paid in a month."""
    after = add_months(month, 1)
    return sorted({row[2] for row in rates if row[3] < after and (row[4] is None or row[4] > month)})


def _of_month(
    month: date,
    assigned: list[tuple],
    all_members: list[tuple],
    all_rates: list[tuple],
    to_base: Callable[[str, date], Decimal],
) -> dict[int, int]:
    """Return the run-rate of one month, by product."""
    after = add_months(month, 1)
    length = (after - month).days
    whole: Days = (month, after)
    members: dict[int, list[tuple[int, Decimal, Days]]] = {}
    people: dict[int, set[int]] = {}
    for team, person, discipline, fte, starts, ends in all_members:
        if starts < after and (ends is None or ends > month):
            members.setdefault(team, []).append((discipline, fte, _within(starts, ends, month, after)))
            people.setdefault(discipline, set()).add(person)
    rates: dict[int, list[tuple[Decimal, Days]]] = {}
    for discipline, amount, currency, starts, ends in all_rates:
        if starts < after and (ends is None or ends > month):
            days = _within(starts, ends, month, after)
            rates.setdefault(discipline, []).append((amount * to_base(currency, month), days))
    priced = _pool_the_few(rates, members, people, whole)

    def cost(team: int, days: Days) -> Decimal:
        total = Decimal(0)
        for discipline, fte, member_days in members.get(team, ()):
            for amount, rate_days in priced.get(discipline, ()):
                total += amount * fte * _common_days(days, member_days, rate_days)
        return total

    throughout: dict[int, Decimal] = {}  # what a team costs that is assigned for all of the month: most are
    totals: dict[int, Decimal] = {}
    for team, product, share, starts, ends in assigned:
        if starts >= after or (ends is not None and ends <= month):
            continue
        days = _within(starts, ends, month, after)
        if days != whole:
            spent = cost(team, days)
        elif team in throughout:
            spent = throughout[team]
        else:
            spent = throughout[team] = cost(team, whole)
        totals[product] = totals.get(product, Decimal(0)) + share * spent
    return {
        product: int((total * 100 / length).to_integral_value("ROUND_HALF_UP"))
        for product, total in totals.items()
        if total
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
