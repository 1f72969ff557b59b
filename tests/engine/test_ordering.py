"""What items return for their effort, in which order, and what is asked of how much capacity."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.ordering import (
    chance_over,
    demand,
    load_of,
    longest_chain,
    order_of,
    priorities,
    value_draws,
)

NAN = np.nan


def flat(*figures):
    return np.repeat(np.array(figures, dtype=float)[:, None], 8, axis=1)


def test_the_best_first_order_loses_least_while_the_rest_waits():
    """Smith 1956: of all orders, that by value over effort has the least value times time of waiting."""
    value, effort = [30, 10, 42, 9], [6, 1, 7, 3]
    found = order_of(priorities(flat(*value), flat(*effort), [[]] * 4).own.mean, {})

    def lost(order):
        return sum(value[one] * sum(effort[other] for other in order[: place + 1]) for place, one in enumerate(order))

    assert found == [1, 2, 0, 3]
    assert lost(found) == min(lost(order) for order in itertools.permutations(range(4)))


def test_what_unlocks_much_comes_first_although_it_is_worth_nothing_itself():
    """(0 + 90) / (2 + 1) = 30 a week beats 20; without the two that wait it would be last."""
    found = priorities(flat(NAN, 90, 40, NAN), flat(2, 1, 2, 1), [[1, 3], [], [], []])
    assert found.own.mean[1:3].tolist() == [90, 20]
    assert np.isnan(found.own.mean[0])
    assert found.score.mean[0] == pytest.approx(30)
    assert found.is_with_others.tolist() == [True, False, False, False]
    assert order_of(found.score.mean, {1: [0], 3: [0]}) == [0, 1, 2, 3]
    assert found.rank[3] == 0


def test_a_promise_is_worth_its_gain_times_the_worth_of_a_unit():
    """From 100 to 120 is 20 more, from 10 down to 4 is 6 less where lower is better; each at 3."""
    draws = value_draws([100, 10], [120, 4], [120, 4], [1, -1], flat(3, 3), 7, [1, 2])
    assert draws[:, 0].tolist() == [60, 18]


@given(st.data())
def test_no_order_puts_an_item_before_what_it_needs(data):
    count = data.draw(st.integers(1, 12))
    needs = {one: data.draw(st.lists(st.integers(0, one - 1), max_size=3)) for one in range(1, count)}
    score = data.draw(st.lists(st.one_of(st.just(NAN), st.floats(-10, 10)), min_size=count, max_size=count))
    found = order_of(score, needs)
    assert sorted(found) == list(range(count))
    for one, before in needs.items():
        assert all(found.index(need) < found.index(one) for need in before)


def test_demand_over_capacity_is_a_range_and_none_without_capacity():
    """Certain efforts of 4 and 8 on 10 weeks: 1.2 of what there is."""
    effort = demand([4, 8], [4, 8], 1, [1, 2])
    assert load_of(effort, 10) == pytest.approx((1.2, 1.2, 1.2))
    assert load_of(effort, 0) is None
    mean, low, high = load_of(demand([4, 8], [8, 16], 1, [1, 2]), 15)
    assert low < mean < high
    assert 0.5 < chance_over(demand([4, 8], [8, 16], 1, [1, 2]), 15) < 1


@given(st.lists(st.floats(1, 50), min_size=1, max_size=8), st.floats(1, 100))
def test_twice_the_capacity_is_half_the_load(low, capacity):
    effort = demand(low, np.array(low) * 2, 3, range(len(low)), 50)
    assert load_of(effort, 2 * capacity) == pytest.approx(np.array(load_of(effort, capacity)) / 2)


def test_the_critical_chain_is_the_longest_by_effort_not_by_count():
    """Of 1-2-5 (3 + 1 + 2) and 3-4-6-5 (1 + 1 + 1 + 2), all before 5, the first takes more."""
    needs = {5: [2, 6], 2: [1], 6: [4], 4: [3]}
    effort = {1: 3.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 2.0, 6: 1.0}
    assert longest_chain(effort, needs, [5]) == [1, 2, 5]
    assert longest_chain(effort, needs, []) == []
    with pytest.raises(EngineError, match="loop"):
        longest_chain({1: 1.0, 2: 1.0}, {1: [2], 2: [1]}, [1])


def test_efforts_and_loops_that_make_no_sense_are_refused():
    with pytest.raises(EngineError, match="above 0"):
        priorities(flat(1), flat(0), [[]])
    with pytest.raises(EngineError, match="do not fit"):
        priorities(flat(1), flat(1), [])
    with pytest.raises(EngineError, match="loop"):
        order_of([1, 2], {0: [1], 1: [0]})
    with pytest.raises(EngineError, match="above 0"):
        demand([0], [1], 1, [1])
