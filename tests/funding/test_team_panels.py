"""What joins cost in money, told only where nobody's pay is given away."""

from datetime import date
from decimal import Decimal

import pytest

from funding.team_panels import joins_in_money, two_figures
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)


def test_joins_are_told_in_money_at_the_mean_of_all_and_not_where_few_are_paid(settings):
    """One FTE joined: 3 to 8 weeks of the mean of 8,000, 8,000 and 12,500 a month, 9,500, over 4.348 weeks a month."""
    settings.TWOFOLD_BASE_CURRENCY = "USD"
    team, cheap, dear = make.make_team(), make.make_discipline(), make.make_discipline()
    make.make_rate(discipline=cheap, monthly_amount=Decimal("8000"), currency="USD")
    make.make_rate(discipline=dear, monthly_amount=Decimal("12500"), currency="USD")
    make.make_membership(team=team, discipline=cheap, starts=date(2025, 1, 1))
    assert joins_in_money(team, make.make_user(), TODAY) == []
    make.make_membership(team=team, discipline=dear, starts=date(2026, 2, 1))
    (few,) = joins_in_money(team, make.make_user(), TODAY)
    assert few.context == {"low": "", "high": ""}
    make.make_membership(discipline=cheap)
    (told,) = joins_in_money(team, make.make_user(), TODAY)
    assert told.context == {"low": "$6.6k", "high": "$17.0k"}  # 6,555 and 17,479
    make.make_rate(discipline=make.make_membership().discipline, currency="EUR")
    assert joins_in_money(team, make.make_user(), TODAY)[0].context["high"] == ""


def test_amounts_are_told_to_two_figures():
    assert [two_figures(Decimal(amount)) for amount in ("12345", "0", "994.9")] == [12000, 0, 990]
