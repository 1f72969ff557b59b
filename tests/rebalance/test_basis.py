"""What splits are judged by: spend, cost, value, the network and the elasticities."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.rebalance.basis import basis
from portfolio.rebalance.models import Estimator
from portfolio.rollup import actions
from portfolio.rollup.reading import asked
from tests import factories as make
from tests.rebalance.conftest import MONTH, make_elasticity

pytestmark = pytest.mark.django_db


def by_code(found, column) -> dict[str, float]:
    return {row.code: figure for row, figure in zip(found.rows, column, strict=True)}


def in_january():
    return basis(asked=asked(first=MONTH, last=MONTH))


def test_there_is_no_basis_before_there_are_figures(db):
    assert basis() is None


def test_spend_cost_and_value_are_those_of_a_month(network):
    found = in_january()
    assert by_code(found, found.spend) == {"tax": 42, "renewals": 30, "identity": 62, "hosting": 25}
    assert by_code(found, found.cost) == by_code(found, found.spend)
    assert found.credited.sum() == pytest.approx(found.own_value.sum(), abs=0.01)


def test_a_window_is_told_by_the_month(network):
    year = basis()
    assert year.asked.first == date(2015, 2, 1)
    assert year.cost.sum() == pytest.approx(in_january().cost.sum() / 12)


def test_shares_over_the_window_solve_to_the_loaded_cost(network):
    found = in_january()
    loaded = np.linalg.solve(np.eye(4) - found.shares.toarray().T, found.cost)
    assert by_code(found, loaded) == pytest.approx({"tax": 100, "renewals": 50, "identity": 80, "hosting": 45})


def test_worths_weigh_what_they_add_to_the_value_credited(network):
    found = in_january()
    mean = found.credited.sum() / 300  # both worths are alike
    assert found.weights.sum(axis=1) * mean == pytest.approx(found.credited, rel=1e-4)


def test_draws_of_value_lie_about_what_is_expected(network):
    found = in_january()
    draws = found.value_draws(2_000)
    assert draws.shape == (2_000, 4)
    assert draws.mean(axis=0) == pytest.approx(found.credited, rel=0.05)
    low, high = np.percentile(draws.sum(axis=1), [5, 95])
    assert low < found.credited.sum() < high


def test_what_is_stated_for_a_product_comes_before_the_default_of_its_stage(network):
    make_elasticity(product=network["tax"], low="0.2", high="0.4")
    make_elasticity(stage=network["tax"].stage, low="0.5", high="0.7")
    found = basis()
    kinds = by_code(found, found.estimators)
    assert kinds["tax"] == Estimator.STATED
    assert kinds["renewals"] == Estimator.STAGE
    assert by_code(found, found.low)["tax"] == 0.2
    assert by_code(found, found.low)["renewals"] == pytest.approx(0.5)
    assert "A judgement" in by_code(found, found.why)["renewals"]


def test_with_neither_history_nor_a_stated_elasticity_there_is_no_basis_and_it_says_why(network):
    make_elasticity(product=network["tax"])
    found = basis()
    assert by_code(found, found.has_basis) == {"tax": True, "renewals": False, "identity": False, "hosting": False}
    assert "State one to include it" in by_code(found, found.why)["renewals"]
    assert np.isnan(by_code(found, found.middle)["renewals"])


def test_a_product_without_value_has_no_basis(network):
    make_elasticity(stage=network["tax"].stage)
    make.make_allocation(product=make.make_product(code="idle"), starts=MONTH, monthly_amount=Decimal("10.00"))
    found = basis()
    assert not by_code(found, found.has_basis)["idle"]
    assert "No value is credited" in by_code(found, found.why)["idle"]
    assert by_code(found, found.spend)["idle"] == 10


def test_money_in_another_currency_is_counted_at_the_days_rate(network):
    make.make_exchange_rate(currency="EUR", rate=Decimal("0.80"), starts=MONTH)
    stream = make.make_stream(currency="EUR")
    make.make_allocation(stream=stream, product=network["tax"], starts=MONTH, monthly_amount=Decimal("10.00"))
    found = basis()
    assert by_code(found, found.spend)["tax"] == pytest.approx(50)
    assert sum(float(line.amount) * line.rate for line in found.lines) == pytest.approx(found.spend.sum())


def test_allocations_are_those_of_the_day(network):
    late = date(2016, 6, 1)
    make.make_allocation(stream=make.make_stream(), product=network["tax"], starts=late, monthly_amount=Decimal("8.00"))
    assert by_code(basis(), basis().spend)["tax"] == 42
    found = basis(on=late)
    assert by_code(found, found.spend)["tax"] == 50


def test_a_past_moment_is_judged_as_it_was_known(network):
    before = timezone.now()
    make.make_ledger_entry(product=network["tax"], starts=MONTH, amount=Decimal("58.00"))
    actions.refresh_standings()
    assert by_code(in_january(), in_january().cost)["tax"] == 100
    then = basis(asked=asked(first=MONTH, last=MONTH, at=before))
    assert by_code(then, then.cost)["tax"] == 42


def test_history_tells_an_elasticity_where_spend_has_varied(settings, network):
    settings.TWOFOLD_TODAY = date(2018, 1, 31)
    product = make.make_product(code="varied", stage="grow")
    metric = make.make_metric(product=product, cadence_days=366)
    make.make_valuation(metric=metric, low=Decimal(1), high=Decimal(1), starts=date(2010, 1, 1))
    for year in range(2010, 2018):
        spend = Decimal(1200 * (1 + (year * 7) % 5))
        value = Decimal(round(float(spend) ** 0.5 * 10))
        interval = {"starts": date(year, 1, 1), "ends": date(year + 1, 1, 1)}
        make.make_ledger_entry(product=product, amount=spend, **interval)
        make.make_observation(metric=metric, value=value, **interval)
    make.make_allocation(product=product, starts=MONTH, monthly_amount=Decimal("100.00"))
    make_elasticity(stage="grow", low="0.1", high="0.9")
    actions.refresh_standings()
    found = basis(asked=asked(first=date(2017, 1, 1), last=date(2017, 12, 1)))
    assert by_code(found, found.estimators)["varied"] == Estimator.ESTIMATED
    assert by_code(found, found.middle)["varied"] == pytest.approx(0.5, abs=0.05)
    assert "8 years" in by_code(found, found.why)["varied"]


def test_it_takes_the_same_queries_for_a_few_products_and_for_many(network, django_assert_num_queries):
    make_elasticity(stage=network["tax"].stage)
    basis()
    with CaptureQueriesContext(connection) as few:
        basis()
    for _ in range(10):
        make.make_allocation(product=make.make_product(), starts=MONTH)
    basis()
    with django_assert_num_queries(len(few)):
        basis()
