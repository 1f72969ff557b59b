"""What this room tells of a team: what working newcomers in costs, in money.

Pay is private. So the money is that of a week's work of anybody: the mean over all people and disciplines, and rounded
to two figures, as a range that rests on an assumption is. Where too few people are paid, none is told.
"""

from datetime import date
from decimal import Decimal

from django.conf import settings

from funding.models import ExchangeRate
from portfolio.common import formats
from portfolio.common.models import User
from portfolio.common.money import base_currency
from portfolio.common.months import month_of
from products.catalog.labour import mean_of_all
from teams.contributions import Panel, tells_team
from teams.models import Team
from teams.stability import stability

WEEKS_A_MONTH = Decimal("365.25") / 12 / 7


@tells_team
def joins_in_money(team: Team, user: User, on: date) -> list[Panel]:
    """Return what the joins of the last twelve months cost, where there were any. Four queries at most."""
    steady = stability(list(team.memberships.known()), on, settings.TWOFOLD_RAMP_UP_WEEKS)
    if not steady.joins:
        return []
    mean = _mean(month_of(on))
    costs = [two_figures(weeks * mean / WEEKS_A_MONTH) for weeks in steady.cost] if mean is not None else None
    context = {
        "low": formats.money_short(costs[0], base_currency()) if costs else "",
        "high": formats.money_short(costs[1], base_currency()) if costs else "",
    }
    return [Panel("joins-in-money", "What joining cost", "funding/_joins_in_money.html", context, order=20)]


class _NoRate(Exception):
    """A currency that somebody is paid in has no exchange rate that month."""


def _mean(month: date) -> Decimal | None:
    rates = {
        row.currency: row.rate
        for row in ExchangeRate.objects.known().current(month).filter(base=base_currency()).order_by("pk")
    }

    def to_base(currency: str, _: date) -> Decimal:
        if currency == base_currency():
            return Decimal(1)
        if currency not in rates:
            raise _NoRate
        return rates[currency]

    try:
        return mean_of_all(month, lambda model: model.objects.known(), to_base=to_base)
    except _NoRate:
        return None


def two_figures(amount: Decimal) -> Decimal:
    """Round to two significant figures: 12 345 to 12 000."""
    return Decimal(f"{amount:.1e}") if amount else amount
