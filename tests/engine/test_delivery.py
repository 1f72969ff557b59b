"""How a service is delivered, from what a pipeline posts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.delivery import Deployment, Failure, changes, delivered, paired, spread
from portfolio.engine.scoring import share_range

FIRST, AFTER = datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 4, 1, tzinfo=UTC)


def at(day, hour=0):
    return FIRST + timedelta(days=day, hours=hour)


def test_the_four_figures_are_those_of_the_definitions():
    """By hand: 10 deployments in 90 days, after 1 to 10 hours; 2 failed, one was mended in 2 hours and one in 4."""
    deployments = [Deployment(at(day), f"r{day}", at(day, -day - 1)) for day in range(10)]
    failures = [Failure(at(3, 1), at(3, 3), "r3"), Failure(at(7, 1), at(7, 5))]
    found = delivered(changes(deployments, failures), failures, FIRST, AFTER)
    assert (found.deployments, found.failed, found.failure_share, found.open_failures) == (10, 2, 0.2, 0)
    assert found.a_week == pytest.approx(10 / (90 / 7))
    assert found.lead_time.median == timedelta(hours=5.5)
    assert found.time_to_restore.median == timedelta(hours=3)
    # Wilson (1927) by hand, z = 1.645: (0.2 + 0.1353) / 1.2706, give or take 0.2482 / 1.2706, at 90 %.
    assert (found.failure_low, found.failure_high) == pytest.approx((0.0686, 0.4592), abs=1e-4)
    assert share_range(0, 0) == (0, 1)
    assert share_range(0, 20)[0] == 0 < share_range(0, 20)[1] < 0.15


def test_a_failure_belongs_to_the_change_it_names_and_else_to_the_last_one():
    deployments = [Deployment(at(1), "a"), Deployment(at(2), "b"), Deployment(at(3), "a")]
    failures = [
        Failure(at(0)),  # before everything
        Failure(at(2, 1)),  # after b
        Failure(at(4), caused_by="a"),  # the later a
        Failure(at(2, 2), caused_by="a"),  # the earlier one
        Failure(at(5), caused_by="unknown"),
        Failure(at(6), is_of_change=False),  # an incident that no change is to blame for
    ]
    found = changes(deployments, failures)
    assert [len(one.failures) for one in found] == [1, 1, 1]
    figures = delivered(found, failures, FIRST, AFTER)
    assert (figures.failed, figures.open_failures, figures.time_to_restore) == (3, 6, None)
    assert delivered([], [], FIRST, AFTER).is_empty
    assert delivered([], [], FIRST, AFTER).failure_share is None


def test_a_restore_ends_the_failure_it_names_and_else_the_latest_that_is_open():
    found = paired(
        [(at(1), "f1", "a"), (at(2), "f2", "b"), (at(3), "", "")],
        [(at(0), "f1"), (at(4), "f1"), (at(5), ""), (at(6), "nothing of that name"), (at(7), "")],
    )
    assert [(one.restored, one.caused_by) for one in found] == [(at(4), "a"), (at(6), "b"), (at(5), "")]


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=30), st.integers(1, 100))
def test_periods_add_up_to_the_whole(events, cut):
    deployments = [Deployment(at(day), str(day)) for day, is_failure in events if not is_failure]
    failures = [Failure(at(day)) for day, is_failure in events if is_failure]
    changed = changes(deployments, failures)
    parts = [delivered(changed, failures, *ends) for ends in ((FIRST, at(cut)), (at(cut), at(250)), (at(250), at(500)))]
    whole = delivered(changed, failures, FIRST, at(500))
    for name in ("deployments", "failed", "open_failures"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    assert whole.deployments == len(deployments)
    assert whole.failed <= whole.deployments


def test_durations_are_told_by_their_middle_and_nine_of_ten():
    found = spread([timedelta(hours=hour) for hour in range(101)])
    assert (found.low, found.median, found.high) == tuple(timedelta(hours=hour) for hour in (5, 50, 95))
    assert spread([]) is None
