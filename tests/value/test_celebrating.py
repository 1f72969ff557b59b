"""Metrics that pass their target are celebrated, once, with the people who were on them on the day."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from portfolio.common import actions
from products.value.celebrating import celebrate
from products.value.models import Behaviour, Celebration
from products.value.tasks import celebrate as task
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)


@pytest.fixture
def metric(settings):
    """Satisfaction, of which 80 is wanted; it was 75 in January and 78 in February."""
    settings.TWOFOLD_TODAY = TODAY
    metric = make.make_metric(name="Satisfaction", behaviour=Behaviour.LEVEL, target=Decimal(80), cadence_days=31)
    see(metric, date(2026, 1, 5), 75)
    see(metric, date(2026, 2, 20), 78)
    return metric


def see(metric, starts, value, ends=None):
    return make.make_observation(metric=metric, starts=starts, value=Decimal(value), **({"ends": ends} if ends else {}))


def test_a_target_that_is_passed_is_celebrated_with_who_was_on_it_that_day(metric, capsys):
    """The product's team and the one that shares the outcome; not who left before, came later, or works elsewhere."""
    own = make.make_assignment(product=metric.product, starts=date(2026, 1, 1)).team
    sharing = make.make_shared_outcome(metric=metric).team
    there = [make.make_membership(team=team).person for team in (own, sharing)]
    make.make_membership(team=own, starts=date(2026, 1, 1), ends=date(2026, 3, 20))
    make.make_membership(team=own, starts=date(2026, 3, 21))
    make.make_membership()
    assert celebrate() == []
    see(metric, date(2026, 3, 20), 81)
    (made,) = celebrate()
    assert (made.value, made.target, made.observed_on) == (81, 80, date(2026, 3, 20))
    assert str(made) == "Satisfaction passed 80 renewals"
    assert set(made.teams.all()) == {own, sharing}
    assert set(made.people.all()) == set(there)
    task()
    call_command("celebrate")
    assert "0 targets celebrated." in capsys.readouterr().out
    assert Celebration.objects.count() == 1


def test_staying_above_a_target_is_no_news_and_a_new_target_is_one_more_thing_to_pass(metric):
    see(metric, date(2026, 3, 10), 82)
    see(metric, date(2026, 3, 25), 83)
    assert len(celebrate()) == 1  # the passing is found though it is not the latest
    metric.target = Decimal(79)
    actions.save(metric, by=None)
    (lower,) = celebrate()  # the same observation passed it
    assert lower.observed_on == date(2026, 3, 10)
    metric.target = Decimal(70)
    actions.save(metric, by=None)
    assert celebrate() == []  # met before, too


def test_what_passed_long_ago_is_not_celebrated_when_it_is_loaded_and_what_is_lower_may_be_better(metric):
    metric.target = None
    actions.save(metric, by=None)
    waits = make.make_metric(target=Decimal(10), is_higher_better=False, unit="days")
    see(waits, date(2025, 6, 1), 12, date(2025, 7, 1))
    see(waits, date(2025, 7, 1), 9, date(2025, 8, 1))
    assert celebrate() == []
    see(waits, date(2026, 2, 1), 11, date(2026, 3, 1))
    see(waits, date(2026, 3, 1), 10, date(2026, 4, 1))
    (made,) = celebrate()
    assert (made.metric, made.observed_on) == (waits, date(2026, 3, 31))
    first = make.make_metric(target=Decimal(1), behaviour=Behaviour.LEVEL)
    see(first, TODAY, 1)
    assert [one.metric for one in celebrate()] == [first]  # there was none before
