"""What an incident cost, divided over journeys and products, once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.losses import along_network, divided, over_journeys


def test_parts_of_a_loss_add_up_to_it():
    """The worked example; Balinski & Young's: what is missing goes to the largest remainders."""
    assert divided(100, [1, 1, 1]) == [34, 33, 33]
    assert divided(-100, [1, 1, 1]) == [-34, -33, -33]
    assert divided(26, [9_061, 7_179, 5_259, 3_319, 1_182]) == [9, 7, 5, 4, 1]
    assert divided(5, [0, 0]) == [3, 2]
    assert divided(0, []) == []
    with pytest.raises(EngineError, match="over nothing"):
        divided(1, [])


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_every_part_is_within_one_unit_of_its_share(total, weights):
    found = divided(total, weights)
    assert sum(found) == total
    whole = sum(weights) or len(weights)
    each = weights if sum(weights) else [1] * len(weights)
    assert all(abs(part - Fraction(total * weight, whole)) < 1 for part, weight in zip(found, each, strict=True))


def test_a_loss_goes_to_the_journey_that_is_named_else_to_those_that_passed():
    assert over_journeys(1000, "tax", {"tax": 1, "test": 9}) == {"tax": 1000}
    assert over_journeys(1000, None, {"tax": 2, "test": 1}) == {"tax": 667, "test": 333}
    assert over_journeys(1001, None, {"tax": 0, "test": 0}) == {"tax": 501, "test": 500}
    assert over_journeys(1000, None, {}) == {None: 1000}


def test_a_loss_ends_once_with_the_customers_of_those_who_pull():
    """The worked example, and a loop of two that pass half their output to each other."""
    shares = {"platform": {"A": Fraction(3, 10), "B": Fraction(1, 2)}, "B": {"C": 1}}
    assert along_network({"platform": 100}, shares) == {"platform": 20, "A": 30, "C": 50}
    assert along_network({"A": 90}, {"A": {"B": 0.5}, "B": {"A": 0.5}}) == {"A": 60, "B": 30}
    assert along_network({"A": 7}, {"A": {"B": 1}, "B": {"A": 1}}).keys() <= {"A", "B"}
    assert along_network({}, shares) == {}
    with pytest.raises(EngineError, match="pulled"):
        along_network({"A": 1}, {"A": {"B": 0.7, "C": 0.7}})


@given(st.data())
def test_no_loss_is_counted_twice_along_any_network(data):
    count = data.draw(st.integers(1, 6))
    shares = {
        one: {other: Fraction(data.draw(st.integers(0, 10)), 10 * count) for other in range(count) if other != one}
        for one in range(count)
    }
    losses = {one: data.draw(st.integers(0, 10**6)) for one in range(count)}
    assert sum(along_network(losses, shares).values()) == sum(losses.values())
