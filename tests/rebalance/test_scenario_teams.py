"""What a split does to teams: people follow the money, and disruption is told in months of work."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.rebalance.teams import assumptions, team_changes
from tests.factories import make_assignment, make_membership, make_product, make_team

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 1)
YEAR_AGO = date(2025, 7, 1)


@pytest.fixture
def team():
    """A team of four, half of it since a year and half of it since five."""
    made = make_team(code="tax", name="Tax online")
    for starts in (YEAR_AGO, YEAR_AGO, date(2021, 7, 1), date(2021, 7, 1)):
        make_membership(team=made, starts=starts)
    return made


def test_people_follow_the_money_of_what_they_work_on(team):
    grows, shrinks, stays = (make_product() for _ in range(3))
    make_assignment(team=team, product=grows, share=Decimal("0.5"), starts=YEAR_AGO)
    other = make_team(name="Other")
    make_membership(team=other, starts=YEAR_AGO)
    make_assignment(team=other, product=shrinks, share=Decimal(1), starts=YEAR_AGO)
    before = {grows.pk: 1000.0, shrinks.pk: 1000.0, stays.pk: 1000.0}
    found = team_changes(before, {grows.pk: 1500.0, shrinks.pk: 600.0, stays.pk: 1000.0}, on=DAY)
    assert [(one.team, one.kind) for one in found] == [(other, "shrinks"), (team, "grows")]
    # Half of four people work on it; half as much money again is one of them more.
    assert (found[1].before, found[1].after, found[1].ramp_up) == (2.0, 3.0, 1.5)
    assert found[0].change == pytest.approx(-0.4)
    assert found[0].tenure == pytest.approx(0.4 * 12, abs=0.1)


def test_a_team_ends_with_the_money_of_all_its_products(team):
    product = make_product(name="Gone")
    make_assignment(team=team, product=product, share=Decimal(1), starts=YEAR_AGO)
    [found] = team_changes({product.pk: 1000.0}, {product.pk: 0.0}, on=DAY)
    assert (found.kind, found.after, found.products) == ("ends", 0.0, ("Gone",))
    # Two with 12 months, two with 60, of which no more than 24 count.
    assert found.tenure == pytest.approx(2 * 12 + 2 * 24, abs=0.1)
    assert found.words == "72 months of tenure lost."


def test_what_is_assumed_is_a_setting_and_is_told(team, settings):
    product = make_product()
    make_assignment(team=team, product=product, share=Decimal(1), starts=YEAR_AGO)
    settings.TWOFOLD_RAMP_UP_MONTHS = 6
    [found] = team_changes({product.pk: 1000.0}, {product.pk: 2000.0}, on=DAY)
    assert found.ramp_up == 12
    assert any("fully effective after 6 months" in words for words in assumptions())


def test_nobody_notices_a_change_of_a_few_hours_or_of_what_had_nothing(team):
    product, new = make_product(), make_product()
    make_assignment(team=team, product=product, share=Decimal(1), starts=YEAR_AGO)
    assert team_changes({product.pk: 1000.0}, {product.pk: 1001.0, new.pk: 5.0}, on=DAY) == []


def test_the_queries_do_not_grow_with_the_teams(team, django_assert_num_queries):
    products = [make_product() for _ in range(6)]
    for product in products:
        other = make_team()
        make_membership(team=other, starts=YEAR_AGO)
        make_assignment(team=other, product=product, share=Decimal(1), starts=YEAR_AGO)
    before = dict.fromkeys((product.pk for product in products), 1000.0)
    with django_assert_num_queries(3):
        found = team_changes(before, dict.fromkeys(before, 500.0), on=DAY)
    assert len(found) == 6
