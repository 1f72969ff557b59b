"""Services ranked by how much they improve on their own past."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.improvement import (
    Change,
    of_durations,
    of_means,
    of_rates,
    of_shares,
    prior_about_nothing,
    ranked,
)
from portfolio.engine.uncertainty import Z95

WEEK = 10_000
figures = st.lists(st.floats(1, 100), min_size=4, max_size=12)
pairs = st.lists(st.tuples(figures, figures), min_size=1, max_size=7)


def changes_of(past, recent, by=1.0):
    rates = of_rates(
        ([by * one for one in past], [WEEK] * len(past)), ([by * one for one in recent], [WEEK] * len(recent))
    )
    return {"availability": rates, "lead time": of_durations([by * one for one in past], [by * one for one in recent])}


def test_half_of_what_was_bad_is_twice_as_good():
    """By hand: 40 of 40,000 a month before, 20 since: ln 2. Every week's count is 10 give or take 2, then 5 give or
    take 1: relative errors of sqrt(4/3 x 16) / 40 and sqrt(4/3 x 4) / 20."""
    found = of_rates(([8, 12, 8, 12], [WEEK] * 4), ([4, 6, 4, 6], [WEEK] * 4))
    assert found.factor == pytest.approx(2)
    assert found.error == pytest.approx(math.hypot(math.sqrt(64 / 3) / 40, math.sqrt(16 / 3) / 20))
    assert found.ends[0] == pytest.approx(2 * math.exp(-Z95 * found.error))
    assert of_durations([2, 8, 2, 8], [1, 4, 1, 4]).factor == pytest.approx(2)
    assert of_means((3.0, 1.0, 100), (3.3, 1.0, 100)).factor == pytest.approx(1.1)
    assert of_shares((80, 100), (90, 100)).factor == pytest.approx(2)


def test_what_never_happened_since_is_better_but_not_endlessly():
    found = of_rates(([2, 0, 1, 1], [7] * 4), ([0] * 4, [7] * 4))
    assert found.factor == pytest.approx(9)  # (4 + 1/2) / (0 + 1/2)
    assert found.error == pytest.approx(math.sqrt(1 / 4.5 + 2))
    assert of_shares((80, 100), (100, 100)).factor == pytest.approx(20.5 / 0.5)


def test_too_little_to_tell_is_said():
    assert of_rates(([1, 2, 3], [7] * 3), ([1] * 9, [7] * 9)) is None
    assert of_rates(([0] * 9, [7] * 9), ([0] * 9, [7] * 9)) is None
    assert of_durations([1, 2, 3, 0], [1, 2, 3, 4]) is None
    assert of_means((3, 1, 9), (3, 1, 100)) is None
    assert of_shares((10, 10), (10, 10)) is of_shares((1, 9), (9, 99)) is None
    placed = ranked([{}, {"lead time": Change(0.5, 0.1)}])
    assert [(place.rank, place.factor is None) for place in placed] == [(0, True), (1, False)]
    with pytest.raises(EngineError, match="same shape"):
        of_rates(([1], [1, 2]), ([1], [1]))


@given(pairs, st.floats(0.01, 100))
def test_the_level_of_a_service_leaves_its_rank(services, by):
    """Whoever has twice the downtime and takes twice as long, before and since, is ranked alike."""
    before = ranked([changes_of(past, recent) for past, recent in services])
    after = ranked([changes_of(past, recent, by if place % 2 else 1) for place, (past, recent) in enumerate(services)])
    ends = [one.shrunk.low for one in before] + [one.shrunk.high for one in before]
    assume(all(abs(a - b) > 1e-9 or a == b for a in ends for b in ends))
    assert [one.rank for one in after] == [one.rank for one in before]
    assert [one.shrunk.effect for one in after] == pytest.approx([one.shrunk.effect for one in before], abs=1e-9)


@given(pairs, figures)
def test_a_service_that_changes_nothing_scores_nothing(services, still):
    *_, last = ranked([*(changes_of(past, recent) for past, recent in services), changes_of(still, still)])
    assert last.factor == pytest.approx(1)
    assert last.ends[0] < 1 < last.ends[1]


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.02, 2)), min_size=1, max_size=9))
def test_what_is_told_is_drawn_towards_no_change_and_ranks_hold_together(found):
    placed = ranked([{"incidents": Change(*one)} for one in found])
    for place, (ratio, _) in zip(placed, found, strict=True):
        assert abs(place.shrunk.effect) <= abs(ratio) + 1e-12
        assert place.is_tied == (sum(other.rank == place.rank for other in placed) > 1)
    ordered = sorted(placed, key=lambda place: -place.shrunk.effect)
    assert [place.rank for place in ordered] == sorted(place.rank for place in placed)
    assert ordered[0].rank == 1


def test_measures_that_disagree_leave_a_wider_range_and_services_say_what_is_usual():
    agreeing, torn = ranked([
        {"a": Change(0.4, 0.1), "b": Change(0.4, 0.1)}, {"a": Change(1.0, 0.1), "b": Change(-0.2, 0.1)},
    ])  # fmt: skip
    assert agreeing.factor > torn.factor > 1
    assert agreeing.ends[0] > torn.ends[0]
    assert prior_about_nothing([1, 1], [0.1, 0.1]).spread == 0.4
    # By hand: five changes of 0.5, each give or take 0.3: tau² = 0.25 - 0.09.
    assert prior_about_nothing([0.5, -0.5, 0.5, -0.5, 0.5], [0.3] * 5).spread == pytest.approx(0.4)
    assert prior_about_nothing([0.0] * 5, [0.3] * 5).spread == 0.05
