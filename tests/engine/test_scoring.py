"""Stated ranges held against what came of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.scoring import coverage, interval_scores, widening_factor

NAN = math.nan


def test_a_range_that_holds_costs_its_width_and_one_that_does_not_twenty_times_its_miss_as_well():
    """Gneiting & Raftery, equation 43, with alpha = 0.1: 4; 4 + 20 x 1; 4 + 20 x 0.5."""
    scores = interval_scores([8, 8, 8, 8], [12, 12, 12, 12], [9, 13, 7.5, NAN])
    assert scores[:3] == pytest.approx([4, 24, 14])
    assert np.isnan(scores[3])


def test_the_range_that_is_believed_has_the_best_score_on_average():
    outcomes = np.random.default_rng(1).standard_normal(100_000)
    mean = {z: interval_scores(np.full(100_000, -z), np.full(100_000, z), outcomes).mean() for z in (1.2, 1.645, 2.2)}
    assert mean[1.645] < min(mean[1.2], mean[2.2])


def test_coverage_counts_what_is_known_and_has_wilsons_range():
    """9 of 10, z = 1.6449: (0.9 + 0.13528) / 1.27055 -+ sqrt(0.09 x 0.27055 + 0.018300) / 1.27055."""
    found = coverage(np.zeros(11), np.ones(11), [0.5] * 9 + [2, NAN])
    assert (found.count, found.inside, found.share) == (10, 9, 0.9)
    assert (found.low, found.high) == pytest.approx((0.65228, 0.97737), abs=1e-5)


def test_without_outcomes_coverage_may_be_anything():
    found = coverage([0], [1], [NAN])
    assert (found.count, found.low, found.high) == (0, 0, 1)
    assert math.isnan(found.share)


def test_all_inside_is_no_proof_of_certainty():
    found = coverage(np.zeros(5), np.ones(5), np.full(5, 0.5))
    assert found.share == 1
    assert found.high == pytest.approx(1)
    assert found.low == pytest.approx(5 / (5 + 1.6448536**2))


def test_an_overconfident_estimator_widens_and_the_more_so_the_more_is_known():
    """Every outcome two half widths out: (10 x 2 + 10) / 20 = 1.5, and (90 x 2 + 10) / 100 = 1.9."""
    for count, factor in ((10, 1.5), (90, 1.9)):
        ones = np.ones(count)
        assert widening_factor(0 * ones, -ones, ones, 2 * ones) == pytest.approx(factor)


def test_the_distance_is_measured_on_the_side_where_the_outcome_fell():
    """10 above 2 in a range from 1 to 6 is 2 half widths of 4; 0 below it is 2 half widths of 1."""
    assert widening_factor([2], [1], [6], [10], pseudo=0) == pytest.approx(2)
    assert widening_factor([2], [1], [6], [0], pseudo=0) == pytest.approx(2)


def test_ranges_that_hold_leave_the_next_ones_alone():
    assert widening_factor([0, 0], [-1, -1], [1, 1], [0.5, NAN]) == 1
    assert widening_factor([], [], [], []) == 1
    assert widening_factor([1], [1], [1], [5]) == 1


def test_the_factor_makes_nine_in_ten_hold():
    random = np.random.default_rng(2)
    outcomes, ones = 3 * random.standard_normal(5_000), np.full(5_000, 1.645)
    factor = widening_factor(np.zeros(5_000), -ones, ones, outcomes, pseudo=0)
    assert factor == pytest.approx(3, rel=0.05)
    assert coverage(-factor * ones, factor * ones, outcomes).share == pytest.approx(0.9, abs=0.001)


@given(st.lists(st.floats(-50, 50), max_size=30), st.floats(0, 20))
def test_a_factor_is_never_below_1(outcomes, pseudo):
    ones = np.ones(len(outcomes))
    assert 1 <= widening_factor(0 * ones, -ones, ones, outcomes, pseudo) <= 51


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: interval_scores([1], [0], [0]), "goes from low to high"),
        (lambda: interval_scores([0], [1], [0], level=1), "level of a range"),
        (lambda: coverage([0], [1], [0, 1]), "the same shape"),
        (lambda: widening_factor([2], [0], [1], [0]), "must lie between its ends"),
        (lambda: widening_factor([0], [0], [1], [0], pseudo=-1), "pseudo-observations"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(act, message):
    with pytest.raises(EngineError, match=message):
        act()
