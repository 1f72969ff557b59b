"""Value at another spend, and the average and the marginal return, which are two things."""

import math

import numpy as np
import pytest

from portfolio.engine.errors import EngineError
from portfolio.engine.response import average_returns, has_basis, marginal_returns, responses

NAN = math.nan


def test_four_times_the_money_brings_twice_the_value_at_an_elasticity_of_a_half():
    assert responses([100, 100], [50, 50], [0.5, 0.25], [400, 1600]).tolist() == [100, 100]


def test_the_marginal_return_is_the_elasticity_times_the_average_one():
    current, value, elasticity, amounts = [100, 80], [300, 20], np.array([0.2, 0.9]), [150, 10]
    average = average_returns(current, value, elasticity, amounts)
    assert marginal_returns(current, value, elasticity, amounts) == pytest.approx(elasticity * average)
    assert average_returns(current, value, elasticity, current).tolist() == [3, 0.25]


def test_the_marginal_return_is_the_slope_of_the_response():
    figures, amounts, step = ([7, 3], [20, 5], [0.3, 0.8]), np.array([9.0, 2]), 1e-6
    slope = (responses(*figures, amounts + step) - responses(*figures, amounts - step)) / (2 * step)
    assert marginal_returns(*figures, amounts) == pytest.approx(slope, rel=1e-7)


def test_without_a_basis_value_stays_and_nothing_is_said_of_the_next_dollar():
    current, value, elasticity = [10, 10, 0, -4, 10], [5, -5, 5, 5, 0], [NAN, 0.5, 0.5, 0.5, 0.5]
    assert not has_basis(current, value, elasticity).any()
    amounts = [20, 20, 20, 20, 0]
    assert responses(current, value, elasticity, amounts).tolist() == value
    assert np.isnan(marginal_returns(current, value, elasticity, amounts)).all()
    assert average_returns(current, value, elasticity, amounts)[:4].tolist() == [0.25, -0.25, 0.25, 0.25]
    assert np.isnan(average_returns(current, value, elasticity, amounts)[4])


def test_no_money_returns_no_value_and_its_first_dollar_has_no_bound():
    assert responses([10], [5], [0.5], [0]).tolist() == [0]
    assert marginal_returns([10], [5], [0.5], [0]).tolist() == [math.inf]


def test_draws_broadcast_over_a_leading_axis():
    value, elasticity = np.array([[5.0, 6], [7, 8], [9, 10]]), np.array([[0.5, 0.5], [0.2, NAN], [0.9, 0.1]])
    found = responses([1, 2], value, elasticity, [3, 4])
    assert found.shape == (3, 2)
    assert found[1].tolist() == [7 * 3**0.2, 8]


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        (([1], [1], [1.5], [1]), "elasticity of products 0 is not between 0 and 1"),
        (([1], [1], [0.5], [-1]), "amounts of products 0 are negative"),
        (([1], [1], [0.5], [math.inf]), "amounts of products 0 are negative or no finite numbers"),
        (([1, 2], [1, 2, 3], [0.5], [1]), "do not fit together"),
        (([1, NAN], [1, 1], [0.5, 0.5], [1, 1]), "current spend of products 1 is not a finite number"),
    ],
)
def test_figures_that_mean_nothing_are_refused(figures, message):
    with pytest.raises(EngineError, match=message):
        responses(*figures)
