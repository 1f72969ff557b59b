"""Scores of what customers answered, with intervals, against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.scores import mean_interval, share_interval, summed_up


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_share_of_those_who_completed_has_wilson_s_interval(successes, count, low, high):
    """Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3, at 95%."""
    assert share_interval(successes, count, confidence=0.95) == pytest.approx((low, high), abs=5e-5)


def test_a_mean_has_student_s_interval():
    """NIST/SEMATECH e-Handbook 1.3.5.2, ZARR13.DAT: 195 values, 9.26146, 0.02278; 90% from 9.25876 to 9.26416."""
    found = mean_interval(9.261460, 0.2278881e-01, 195, scale=(9, 10))
    assert found == pytest.approx((9.25876, 9.26416), abs=1e-5)
    assert mean_interval(4.8, 0.9, 4) == (pytest.approx(4.8 - 2.353363 * 0.45), 5)  # t of 3 degrees of freedom, clipped


def test_answers_sum_up_to_count_mean_and_deviation_and_one_alone_has_no_interval():
    """By hand: 4, 5, 3, 4 lie 0, 1, 1, 0 from their mean; sqrt(2 / 3)."""
    assert summed_up([4, 5, 3, 4]) == (4, 4, pytest.approx((2 / 3) ** 0.5))
    assert summed_up([2]) == (1, 2, 0)
    assert mean_interval(2, 0, 1) is None
    assert share_interval(1, 1) is None


def test_answers_that_are_all_alike_are_not_taken_for_certainty():
    """Ten fives: as for 0 of 10, up to 21.3% may think otherwise, and the worst of them answer 1."""
    most = share_interval(0, 10)[1]
    assert most == pytest.approx(2.705543 / 12.705543, abs=1e-6)  # z² / (n + z²)
    assert mean_interval(5, 0, 10) == (pytest.approx(5 - 4 * most), 5)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=40))
def test_an_interval_holds_its_mean_and_stays_on_the_scale(answers):
    count, mean, deviation = summed_up(answers)
    low, high = mean_interval(mean, deviation, count)
    assert 1 <= low <= mean <= high <= 5
    assert low < high


def test_answers_that_nobody_can_have_given_are_refused():
    with pytest.raises(EngineError, match="no answer"):
        summed_up([])
    with pytest.raises(EngineError, match="from 0 to 3"):
        share_interval(4, 3)
    with pytest.raises(EngineError, match="at least one"):
        share_interval(0, 0)
    with pytest.raises(EngineError, match="outside the scale"):
        mean_interval(6, 1, 10)
    with pytest.raises(EngineError, match="standard deviation"):
        mean_interval(3, 2.9, 10)
