"""90 % ranges to distributions and back, draws that can be had again, ties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.uncertainty import (
    Range,
    ends,
    means,
    percentiles,
    stable_key,
    standard_draws,
    tie_groups,
    widening,
    worth_draws,
)

NAN = math.nan


def test_a_positive_range_is_lognormal_and_its_mean_lies_above_its_middle():
    """From 10 to 1,000: mu = ln 100, sigma = ln 100 / (2 x 1.6449) = 1.39987; mean = 100 exp(sigma² / 2)."""
    worth = Range(10, 1000)
    assert worth.is_lognormal
    assert worth.spread == pytest.approx(1.39987, abs=5e-6)
    assert worth.median == pytest.approx(100)
    assert worth.mean == pytest.approx(266.40, abs=0.005)


def test_the_published_cost_of_a_telephone_contact_as_a_range_has_the_mean_of_its_lognormal():
    """SOCITM (2012): telephone 2.83, face to face 8.62. sqrt(2.83 x 8.62) exp(0.33857² / 2) = 4.9391 x 1.0590."""
    assert Range(2.83, 8.62).mean == pytest.approx(5.2304, abs=5e-4)


@pytest.mark.parametrize(("low", "high"), [(-5, 15), (0, 10), (-20, -10)])
def test_a_range_that_is_not_all_positive_is_normal(low, high):
    worth = Range(low, high)
    assert worth.mean == worth.median == (low + high) / 2
    assert worth.spread == pytest.approx((high - low) / 3.2897072539)


@pytest.mark.parametrize("value", [3.0, 0.0, -2.5, 0.1])
def test_a_range_without_width_is_a_certain_value(value):
    worth = Range(value, value)
    assert worth.mean == worth.median == value
    assert worth.spread == 0
    assert worth.widened(4) == worth


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [(2, 1, "2 is above 1"), (NAN, 1, "two finite ends"), (0, math.inf, "two finite ends"), (1e-300, 1e300, "wide")],
)
def test_a_range_that_means_nothing_is_refused(low, high, message):
    with pytest.raises(EngineError, match=message):
        Range(low, high)


@given(st.floats(1e-3, 1e3), st.floats(1, 100), st.floats(1, 3))
def test_widening_keeps_the_expected_value_and_multiplies_the_spread(low, ratio, factor):
    worth = Range(low, low * ratio)
    assert worth.widened(factor).mean == pytest.approx(worth.mean, rel=1e-9)
    assert worth.widened(factor).spread == pytest.approx(worth.spread * factor, rel=1e-9, abs=1e-12)


def test_a_normal_range_widens_evenly_about_its_middle():
    wider = Range(-10, 30).widened(2)
    assert (wider.low, wider.high) == pytest.approx((-30, 50))


def test_a_range_is_never_narrowed():
    with pytest.raises(EngineError, match="factor of 1 or more"):
        Range(1, 2).widened(0.5)


@pytest.mark.parametrize(
    ("overdue", "cadence", "factor"), [(-10, 30, 1), (0, 30, 1), (30, 30, math.sqrt(2)), (90, 30, 2), (1, 365, 1.00137)]
)
def test_a_metric_widens_by_the_root_of_the_cadences_it_is_overdue(overdue, cadence, factor):
    assert widening(overdue, cadence) == pytest.approx(factor, abs=5e-6)


@pytest.mark.parametrize(("overdue", "cadence"), [(5, 0), (5, -1), (5, NAN), (NAN, 30)])
def test_widening_needs_a_cadence_and_a_number_of_days(overdue, cadence):
    with pytest.raises(EngineError):
        widening(overdue, cadence)


# -- Draws -------------------------------------------------------------------------------------------------


def test_a_valuation_has_the_same_draws_whichever_others_are_drawn_with_it():
    together = standard_draws(7, [11, 12, 13, 12])
    assert together.shape == (4, 2000)
    assert np.array_equal(together[1], standard_draws(7, [12])[0])
    assert np.array_equal(together[1], together[3])


def test_another_seed_or_another_key_gives_unrelated_draws():
    first, second, third = standard_draws(1, [5])[0], standard_draws(2, [5])[0], standard_draws(1, [6])[0]
    for one, other in ((first, second), (first, third), (second, third)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.1  # 4.5 standard errors


def test_draws_are_standard_normal():
    draws = standard_draws(3, range(500))
    assert draws.mean() == pytest.approx(0, abs=0.005)
    assert draws.std() == pytest.approx(1, abs=0.005)
    assert percentiles(draws).mean(axis=1) == pytest.approx([-1.645, 0, 1.645], abs=0.01)


def test_no_valuations_make_no_draws():
    assert standard_draws(1, [], 10).shape == (0, 10)
    assert worth_draws([], [], 1.0, np.zeros((0, 10))).shape == (0, 10)


def test_negative_seeds_and_keys_are_refused():
    with pytest.raises(EngineError, match="0 or more"):
        standard_draws(-1, [1])
    with pytest.raises(EngineError, match="0 or more"):
        standard_draws(1, [1, -1])


def test_a_code_has_one_key_on_every_machine():
    assert stable_key("vehicle-tax") == 0x7DE5E7B9AE91014D  # b2sum -l 64
    assert stable_key("vehicle-tax") != stable_key("vehicle-tax-online")


LOW, HIGH = np.array([10, -5, 4, 0.5]), np.array([40, 15, 4, 0.6])


@pytest.mark.parametrize("factor", [1, 1.5])
def test_draws_have_the_percentiles_and_the_mean_of_their_range(factor):
    draws = worth_draws(LOW, HIGH, factor, standard_draws(1, range(4), 200_000))
    low, median, high = percentiles(draws)
    for row, both in enumerate(zip(LOW, HIGH, strict=True)):
        worth = Range(*both).widened(factor)
        assert (low[row], high[row]) == pytest.approx((worth.low, worth.high), rel=0.03)
        assert median[row] == pytest.approx(worth.median, rel=0.02, abs=0.1)
        assert draws[row].mean() == pytest.approx(Range(*both).mean, rel=0.01)


def test_the_ends_of_a_range_are_where_the_standard_draw_is_at_its_5th_and_95th_percentile():
    ends = np.tile([-1.6448536269514722, 1.6448536269514722], (4, 1))
    assert worth_draws(LOW, HIGH, np.ones(4), ends) == pytest.approx(np.column_stack([LOW, HIGH]), rel=1e-12)


def test_a_certain_value_is_drawn_exactly():
    draws = worth_draws([0.1, -3, 0], [0.1, -3, 0], 2.0, standard_draws(1, range(3), 50))
    assert (draws == np.array([[0.1], [-3], [0]])).all()


def test_each_valuation_widens_by_its_own_factor():
    standard = np.full((2, 1), 1.0)
    draws = worth_draws([-1, -1], [1, 1], [1, 3], standard)
    assert draws[1, 0] == pytest.approx(3 * draws[0, 0])


@pytest.mark.parametrize(
    ("low", "high", "factor", "message"),
    [
        ([1, 5], [2, 4], 1, "1 of 2 valuations .* number 1, from 5.0 to 4.0"),
        ([1, NAN], [2, 4], 1, "Ends must be finite"),
        ([1, 1], [2, 4], 0.5, "widening at least 1"),
        ([1, 1], [2, 4], NAN, "widening at least 1"),
        ([1], [2], 1, "do not fit together"),
        ([1, 2], [2], 1, "do not fit together"),
    ],
)
def test_valuations_that_cannot_be_drawn_are_refused(low, high, factor, message):
    with pytest.raises(EngineError, match=message):
        worth_draws(low, high, factor, np.zeros((2, 3)))


def test_percentiles_come_stacked_along_a_new_first_axis():
    draws = np.arange(101.0)[:, None] + [0, 1000]
    assert percentiles(draws, axis=0).tolist() == [[5, 1005], [50, 1050], [95, 1095]]


def test_percentiles_of_nothing_are_refused():
    with pytest.raises(EngineError, match="at least one draw"):
        percentiles(np.zeros((3, 0)))


# -- Ties ----------------------------------------------------------------------------------------------------


def test_figures_whose_ranges_overlap_the_leaders_share_its_rank_and_ranks_skip_as_in_a_race():
    expected, low, high = [2.0, 3.0, 2.5, 1.0, 0.9], [1.5, 2.2, 2.0, 0.8, 0.5], [2.3, 4.0, 3.0, 1.2, 0.7]
    assert tie_groups(expected, low, high).tolist() == [1, 1, 1, 4, 5]


def test_a_tie_is_with_the_leader_not_with_the_neighbour():
    """The third overlaps the second but not the first: it leads a group of its own."""
    assert tie_groups([3, 2, 1], [2.5, 1.2, 0.5], [3.5, 2.6, 1.5]).tolist() == [1, 1, 3]


def test_ranges_that_touch_are_tied_and_certain_figures_are_tied_only_when_equal():
    assert tie_groups([2, 1], [1.5, 0.5], [2.5, 1.5]).tolist() == [1, 1]
    assert tie_groups([2, 1, 2], [2, 1, 2], [2, 1, 2]).tolist() == [1, 3, 1]


def test_a_figure_without_an_expected_value_has_no_rank_and_one_without_a_range_is_certain():
    assert tie_groups([NAN, 5, 4], [NAN, NAN, 3], [1, NAN, 6]).tolist() == [0, 1, 1]
    assert tie_groups([NAN, 5, 4], [0, NAN, 3], [9, NAN, 4.5]).tolist() == [0, 1, 2]
    assert tie_groups([], [], []).tolist() == []


def test_figures_and_ranges_of_different_lengths_are_refused():
    with pytest.raises(EngineError, match=r"\(2,\), low \(1,\)"):
        tie_groups([1, 2], [1], [1, 2])


@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from([1, 2, 19, 2_000]), st.sampled_from(["f4", "f8"]))
@examples(max_examples=30)
def test_the_ends_of_ranges_are_the_percentiles_of_each_row(seed, rows, count, kind):
    draws = np.random.default_rng(seed).lognormal(0, 3, (rows, count)).astype(kind)
    expected = np.percentile(draws.astype(np.float64), [5, 95], axis=1).T
    assert ends(draws) == pytest.approx(expected, rel=1e-12)


def test_ranges_of_no_draws_have_no_ends():
    with pytest.raises(EngineError, match="at least one draw"):
        ends(np.empty((3, 0)))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20))
@examples(max_examples=50)
def test_the_means_of_many_ranges_are_those_of_each(pairs):
    low, high = np.array([low for low, _ in pairs]), np.array([low + width for low, width in pairs])
    is_narrow = (low <= 0) | (high < low * 1e4)
    low, high = low[is_narrow], high[is_narrow]
    assert means(low, high) == pytest.approx([Range(*one).mean for one in zip(low, high, strict=True)], rel=1e-12)
