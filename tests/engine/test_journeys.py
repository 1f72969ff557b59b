"""How often a journey can be had, how its budgets are divided, and where people leave it."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.engine.errors import EngineError
from portfolio.engine.journeys import (
    availability,
    availability_range,
    divide_availability,
    divide_response,
    drop_off,
    response_bound,
    share_range,
)


def simulated(services, shares, needs=None, tries=400_000):
    """Let services fail at random, each at once in all of its steps, and count how often all steps can be done."""
    source = np.random.default_rng(20170331)
    alone = {
        service: source.random(tries) < share for service, share in dict(zip(services, shares, strict=True)).items()
    }
    shared = {need: source.random(tries) < share for need, share in (needs or {}).values()}
    works = np.ones(tries, np.bool_)
    for service in services:
        works &= alone[service] & (shared[needs[service][0]] if needs and service in needs else True)
    return works.mean()


@pytest.mark.parametrize(
    ("services", "shares"),
    [
        (["booking", "identity", "payments"], [0.99, 0.95, 0.98]),
        (["booking", "identity", "booking", "payments"], [0.9, 0.95, 0.9, 0.97]),  # fails in both steps at once
    ],
)
def test_a_journey_is_there_as_often_as_services_that_fail_at_random_let_it(services, shares):
    exact = availability(services, shares)
    assert simulated(services, shares) == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 400_000))


def test_services_that_need_the_same_platform_make_the_product_a_floor():
    """Each works where both it and the platform do: measured at 0.99 × 0.95, but they fail together."""
    needs = {"booking": ("platform", 0.95), "payments": ("platform", 0.95)}
    measured = availability(["booking", "payments"], [0.99 * 0.95, 0.99 * 0.95])
    assert measured < 0.99**2 * 0.95
    assert simulated(["booking", "payments"], [0.99, 0.99], needs) == pytest.approx(0.99**2 * 0.95, abs=0.002)


def test_an_availability_is_divided_so_that_the_product_keeps_it():
    """The worked example: 99.9 % over three services; then with one set by hand, then by what was measured."""
    target = Decimal("0.999")
    equal = divide_availability(target, "abc", [None] * 3)
    assert equal.shares == (Decimal("0.999667"),) * 3
    assert 0 <= equal.left < Decimal("0.00001")
    kept = divide_availability(target, "abca", [None, Decimal("0.9995"), None, None])
    assert kept.shares[1] == Decimal("0.9995")
    assert kept.shares[0] == kept.shares[2] == kept.shares[3] == Decimal("0.999750")
    assert math.prod(kept.shares[:3]) >= target
    # -ln of 0.98 is about twice that of 0.99: the service that fails twice as often may go on doing so.
    shares = divide_availability(target, "ab", [None, None], [0.98, 0.99]).shares
    assert float(1 - shares[0]) / float(1 - shares[1]) == pytest.approx(2.01, abs=0.01)


def test_an_availability_that_is_overdrawn_says_by_how_much_and_one_that_is_left_over_too():
    over = divide_availability(Decimal("0.99"), "ab", [Decimal("0.98"), None])
    assert (over.shares, over.left, over.is_overdrawn) == ((Decimal("0.98"), None), Decimal("-0.01"), True)
    left = divide_availability(Decimal("0.9"), "ab", [Decimal("0.98"), Decimal("0.99")])
    assert (left.left, left.is_overdrawn) == (Decimal("0.0702"), False)
    with pytest.raises(EngineError, match="between 0 and 1"):
        divide_availability(Decimal(1), "a", [None])


def test_how_sure_a_measured_availability_is():
    """For 3 of 10, the quantiles of Beta(3.5, 7.5), as R gives them: qbeta(c(.05, .95), 3.5, 7.5)."""
    assert share_range(3, 10) == (pytest.approx(0.11733, abs=1e-5), pytest.approx(0.55813, abs=1e-5))
    assert share_range(10, 10)[1] == 1
    assert share_range(0, 10)[0] == 0
    least, most = availability_range({"a": (9_990, 10_000), "b": (9_900, 10_000)})
    assert least < 0.999 * 0.99 < most
    assert most - least < 0.005
    with pytest.raises(EngineError, match="no part"):
        share_range(0, 0)


@given(
    st.decimals("0.5", "0.99999", places=5),
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.floats(0.5, 1))), min_size=1, max_size=6),
)
def test_no_division_falls_below_its_budget(target, steps):
    services = [service for service, _ in steps]
    found = divide_availability(target, services, [None] * len(steps), [seen for _, seen in steps])
    product = math.prod(dict(zip(services, found.shares, strict=True)).values())
    # No share goes beyond 0.999999, so that a step which hardly ever failed may leave a little that nobody can give.
    assert product >= target or (found.is_overdrawn and max(found.shares) == Decimal("0.999999"))


def test_a_response_time_is_divided_into_whole_milliseconds_that_add_up():
    """The worked example: 1,000 ms by what was measured; equally where one was not; beside one set by hand."""
    assert divide_response(1000, [None] * 3, [200, 300, 100]).shares == (333, 500, 167)
    assert divide_response(1000, [None] * 3, [200, None, 100]).shares == (334, 333, 333)
    assert divide_response(1000, [None, 250, None], [200, 9, 100]).shares == (500, 250, 250 - 0)
    over = divide_response(1000, [1200, None])
    assert (over.shares, over.left, over.is_overdrawn) == ((1200, None), -200, True)
    assert divide_response(1000, [700, 200]).left == 100
    with pytest.raises(EngineError, match="whole milliseconds"):
        divide_response(0, [None])


def test_what_steps_take_at_most_is_what_the_journey_takes_at_most():
    """Whatever the steps have in common: here each is slow in a tenth of cases, now together, now one by one."""
    bound = response_bound([200, 300], [0.9, 0.9])
    assert (bound.milliseconds, bound.share) == (500, pytest.approx(0.8))
    cases = np.arange(1000)
    together = np.where(cases < 100, 400, 200) + np.where(cases < 100, 900, 300)
    apart = np.where(cases < 100, 400, 200) + np.where(cases >= 900, 900, 300)
    assert (together <= 500).mean() == 0.9 >= bound.share
    assert (apart <= 500).mean() == pytest.approx(bound.share)


def test_everybody_is_lost_once_at_the_step_they_left():
    """1,000 begin, 800 go on, 760 of those, and 700 complete: 300 are lost, of whom 272 would have completed."""
    found = drop_off([1000, 800, 760], [900, 780, 700])
    assert [step.lost for step in found] == [200, 40, 60]
    assert [step.finishing for step in found] == [700 / 800, 700 / 760, 1]
    assert [step.completions for step in found] == pytest.approx([175, 36.842, 60], abs=0.001)
    joined = drop_off([100, 150], [100, 120])
    assert [(step.lost, step.joined) for step in joined] == [(0, 50), (30, 0)]
    assert drop_off([10, 0], [5, 0])[0].completions is None
    with pytest.raises(EngineError, match="cannot have been completed"):
        drop_off([5], [6])


@given(st.lists(st.integers(0, 10_000).flatmap(lambda top: st.tuples(st.just(top), st.integers(0, top))), min_size=1))
def test_who_begins_and_joins_is_lost_or_completes(steps):
    entered, completed = zip(*steps, strict=True)
    found = drop_off(entered, completed)
    assert entered[0] + sum(one.joined for one in found) - sum(one.lost for one in found) == completed[-1]
