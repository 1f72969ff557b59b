"""What is asked of a roadmap's teams in now and next, against what they have."""

from datetime import date
from decimal import Decimal

import pytest

from products.roadmaps.capacity import spans
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)


@pytest.fixture
def roadmap(settings):
    settings.TWOFOLD_TODAY = TODAY
    return make.make_roadmap(now_weeks=10, next_weeks=20)


def item(roadmap, low, high, horizon="now", **given):
    return make.make_item(roadmap=roadmap, effort_low=Decimal(low), effort_high=Decimal(high), horizon=horizon, **given)


def of(roadmap):
    return spans(roadmap, roadmap.items.open().select_related("team").order_by("pk"))


def test_capacity_is_the_share_of_each_team_day_by_day(roadmap):
    """Half a team for 10 weeks is 5; a whole one for 4 weeks from the 43rd day, 4 in now; both in next: 10 + 20."""
    product = roadmap.products.first()
    make.make_assignment(product=product, share=Decimal("0.5"))
    make.make_assignment(product=product, starts=date(2026, 5, 12), share=Decimal(1))
    make.make_assignment(share=Decimal(1))  # on another product
    now, later = of(roadmap)
    assert (now.weeks, later.weeks) == (10, 20)
    assert (now.whole.capacity, later.whole.capacity) == pytest.approx((5 + 4, 10 + 20))


def test_those_who_are_away_lower_capacity_and_those_who_learn_do_not(roadmap):
    """One of two is away for five of the ten weeks, at a whole share: 10 less 2.5; the other one learns for a week."""
    team = make.make_assignment(product=roadmap.products.first()).team
    away, learns = (make.make_membership(team=team).person for _ in range(2))
    make.make_absence(person=away, starts=date(2026, 3, 1), ends=date(2026, 5, 5))
    make.make_absence(person=learns, kind="learning", starts=date(2026, 4, 1), ends=date(2026, 4, 8))
    now, later = of(roadmap)
    assert (now.whole.capacity, later.whole.capacity) == pytest.approx((7.5, 20))


def test_demand_over_capacity_is_a_range_in_words_and_never_a_date(roadmap):
    make.make_assignment(product=roadmap.products.first())
    item(roadmap, 4, 8, code="one")
    item(roadmap, 4, 8, code="other")
    item(roadmap, 3, 3, horizon="next")
    now, later = of(roadmap)
    mean, low, high = now.whole.load
    assert low < mean < high
    assert mean == pytest.approx(now.whole.demand[0] / 10)
    assert now.whole.words.startswith("Between 0.9 and 1.5 of what there is: probably more than the teams can do.")
    assert later.whole.words == "About 0.2 of what there is: within what the teams can do."


def test_an_item_that_names_a_team_counts_for_that_team(roadmap):
    own, away = make.make_team(name="Own"), make.make_team(name="Away")
    make.make_assignment(product=roadmap.products.first(), team=own)
    make.make_assignment(product=roadmap.products.first())
    item(roadmap, 12, 12, team=own)
    item(roadmap, 5, 5)
    item(roadmap, 30, 30, team=away)
    now = of(roadmap)[0]
    assert now.whole.load[0] == pytest.approx(17 / 20)
    loads = {load.name: load for load in now.teams}
    assert loads["Own"].load[0] == pytest.approx(1.2)
    assert loads["Own"].words.endswith("more than the team can do.")
    assert "No share of its time" in loads["Away"].words


def test_without_a_team_there_is_nothing_to_set_it_against(roadmap):
    item(roadmap, 4, 8)
    now, later = of(roadmap)
    assert now.whole.load is None
    assert "No team is assigned" in now.whole.words
    assert later.whole.words == "Nothing is asked."


def test_it_takes_four_queries_however_many_items(roadmap, django_assert_num_queries):
    """Products, assignments with their teams, who is in these, and who is away."""
    make.make_membership(team=make.make_assignment(product=roadmap.products.first()).team)
    for _ in range(5):
        item(roadmap, 4, 8)
    rows = list(roadmap.items.open().select_related("team"))
    with django_assert_num_queries(4):
        spans(roadmap, rows)
