"""What a proposal predicts, and holds against the guardrails, when it is frozen."""

from datetime import date
from decimal import Decimal
from math import log, sqrt

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from portfolio.common import actions
from portfolio.rebalance import calibration
from portfolio.rebalance.decision_actions import ProposalRefused, apply
from portfolio.rebalance.ground import GroundMoved
from portfolio.rebalance.models import Decision, Elasticity, Estimator, Measure, Prediction
from portfolio.rebalance.predictions import months_of, window_before
from portfolio.rebalance.wandering import wander
from tests.factories import make_allocation, make_guardrail, make_stream, make_user, make_value_stream, make_waiver
from tests.rebalance.proposals import (
    STARTS,
    make_approved,
    make_certain_figures,
    make_decision,
    make_figures,
    make_move,
    make_scenario,
    move,
)

pytestmark = pytest.mark.django_db

ABOUT = 0.005  # months are not of one length


@pytest.fixture(autouse=True)
def first_of_april(settings):
    settings.TWOFOLD_TODAY = STARTS
    settings.TWOFOLD_RAMP_UP_MONTHS = 3


def middle(decision: Decision, **which) -> float:
    return decision.predictions.get(**which).middle


def test_a_cut_takes_effect_at_once_and_growth_over_the_ramp():
    one, two, _metric = make_certain_figures()
    decision = make_decision(move(one, "810.00", two, "2420.00"))
    value = {"measure": Measure.VALUE}

    # 12,000 a year come in 1,000 a month, of which 0.81^0.5 is left.
    assert middle(decision, product=one, quarters=1, **value) == pytest.approx(3 * 1000 * 0.9, rel=ABOUT)
    assert middle(decision, product=one, quarters=4, **value) == pytest.approx(12 * 1000 * 0.9, rel=ABOUT)
    # 1.21^0.5 more comes of 24,000; of its first three months 1/6, 3/6 and 5/6 are there.
    assert middle(decision, product=two, quarters=1, **value) == pytest.approx(3 * 2000 * 1.05, rel=ABOUT)
    assert middle(decision, product=two, quarters=4, **value) == pytest.approx(2000 * (3 * 1.05 + 9 * 1.1), rel=ABOUT)


def test_the_ratio_is_of_what_it_costs_then():
    one, two, _ = make_certain_figures()
    decision = make_decision(move(one, "810.00", two, "2190.00"))
    ratio = middle(decision, product=one, quarters=4, measure=Measure.RATIO)

    assert ratio == pytest.approx(1000 * 0.9 / 810, rel=ABOUT)


def test_the_quantity_of_each_valued_metric_is_predicted():
    one, two, metric = make_certain_figures()
    decision = make_decision(move(one, "810.00", two, "2190.00"))
    row = decision.predictions.get(metric=metric, quarters=4)

    assert (row.measure, row.product) == (Measure.QUANTITY, one)
    assert row.unchanged == pytest.approx(12_000)
    assert row.middle == pytest.approx(12_000 * 0.9, rel=ABOUT)


def test_leaving_it_as_it_is_stands_beside_each_prediction():
    one, two, _ = make_certain_figures()
    decision = make_decision(move(one, "810.00", two, "2190.00"))
    whole = decision.predictions.get(product=None, quarters=4, measure=Measure.VALUE)

    assert whole.unchanged == pytest.approx(36_000)
    assert decision.frozen["alternatives"][0]["name"] == "Leave it as it is"


def test_the_whole_is_that_of_the_value_stream_where_the_scenario_is_of_one():
    one, two, _ = make_certain_figures()
    make_value_stream()
    scenario = move(one, "810.00", two, "2000.00", value_stream=one.value_stream)
    whole = make_decision(scenario).predictions.get(product=None, quarters=1, measure=Measure.VALUE)

    assert whole.unchanged == pytest.approx(3_000)


def test_each_prediction_has_a_range_that_its_middle_lies_in():
    one, two, _ = make_figures()
    decision = make_decision(move(one, "900.00", two, "2100.00"))

    assert decision.predictions.count() == 3 * (2 + 4 + 2)
    for row in decision.predictions.all():
        assert row.low < row.middle < row.high
        assert row.estimator == Estimator.STATED


def test_the_same_proposal_predicts_the_same():
    one, two, _ = make_figures()
    scenario = move(one, "900.00", two, "2100.00")
    first, second = (make_decision(scenario) for _ in range(2))

    columns = ("quarters", "product", "metric", "measure", "low", "middle", "high")
    assert list(first.predictions.values_list(*columns)) == list(second.predictions.values_list(*columns))
    assert first.frozen == second.frozen


def test_without_an_elasticity_nothing_is_said_of_other_money():
    one, two, _ = make_certain_figures()
    actions.retract(Elasticity.objects.known().get(product=one), reason="Not known", by=None)
    decision = make_decision(move(one, "810.00", two, "2190.00"))
    row = decision.predictions.get(product=one, quarters=4, measure=Measure.VALUE)

    assert row.estimator == Estimator.NONE
    assert row.middle == pytest.approx(row.unchanged, rel=ABOUT)


def test_a_poor_record_widens_the_next_ranges_by_a_factor_that_is_kept():
    one, two, _ = make_figures()
    scenario = move(one, "900.00", two, "2100.00")
    first = make_decision(scenario)
    for row in first.predictions.filter(measure=Measure.QUANTITY):
        Prediction.objects.filter(pk=row.pk).update(outcome=row.middle * (row.high / row.middle) ** 3)
    factor = calibration.factors()["stated"]
    assert factor == pytest.approx((6 * 3 + 10) / 16)

    second = make_decision(scenario)

    for old, new in zip(first.predictions.order_by("pk"), second.predictions.order_by("pk"), strict=True):
        assert new.factor == pytest.approx(factor)
        assert new.high / new.middle == pytest.approx((old.high / old.middle) ** factor)
    assert second.frozen["assumptions"]["factors"]["stated"] == pytest.approx(factor)


def test_alternatives_that_were_considered_are_kept_with_what_they_would_have_brought():
    one, two, _ = make_certain_figures()
    other = move(one, "1210.00", two, "2000.00", name="More for licences")
    decision = make_decision(move(one, "810.00", two, "2190.00"), alternatives=[other])

    assert [row["name"] for row in decision.frozen["alternatives"]] == ["Leave it as it is", "More for licences"]
    assert decision.frozen["alternatives"][1]["gain"]["middle"] == pytest.approx(100, rel=ABOUT)


def test_what_has_no_figures_yet_is_proposed_without_a_prediction():
    decision = make_decision()
    assert not decision.frozen["is_predicted"]
    assert not decision.predictions.exists()


def test_months_are_whole():
    assert months_of(date(2026, 4, 1), 1) == (date(2026, 4, 1), date(2026, 6, 1))
    assert months_of(date(2026, 4, 2), 4) == (date(2026, 5, 1), date(2027, 4, 1))


def test_a_decision_of_the_past_is_predicted_from_what_came_before_its_day():
    make_figures()
    window = window_before(date(2026, 1, 1))
    assert window is not None
    assert (window.first, window.last) == (date(2025, 1, 1), date(2025, 12, 1))


def test_what_drifted_from_year_to_year_drifts_on():
    steady = np.full((48, 1), 10.0)
    drifting = np.repeat([[10.0], [12.0], [10.0], [12.0]], 12, axis=0)

    assert wander(steady).years == pytest.approx([0])
    # Up by a fifth, down, and up again: their logarithms are 0.182, -0.182 and 0.182.
    assert wander(drifting).years == pytest.approx([log(1.2) * 2 / sqrt(3)])
    short = wander(drifting[:36])  # two steps say nothing about a spread
    assert np.isnan(short.years).all()
    assert short.like(wander(drifting)).years == pytest.approx([log(1.2) * 2 / sqrt(3)])
    assert short.like(short).years == pytest.approx([0])

    factors = wander(drifting).draws(np.random.default_rng(1).standard_normal((100_000, 1)), 6)
    assert factors.mean() == pytest.approx(1, rel=0.01)
    assert np.log(factors).std() == pytest.approx(log(1.2) * 2 / sqrt(3) * sqrt(9 / 12), rel=0.01)


def test_months_vary_less_together_than_each():
    monthly = np.array([[8.0], [12.0]] * 6)
    found = wander(monthly)
    assert found.months == pytest.approx([monthly.std(ddof=1) / 10])
    found = found.like(found)
    noise = np.random.default_rng(1).standard_normal((10_000, 1))
    assert found.draws(noise, 12).std() < found.draws(noise, 3).std()


@given(st.floats(0.1, 100), st.floats(0.01, 1), st.floats(1, 20))
def test_stretching_is_undone_by_its_inverse(middle, part, factor):
    for end in (middle * part, middle / part, -middle):
        there = calibration.stretched(middle, end, factor)
        assert calibration.stretched(middle, there, 1 / factor) == pytest.approx(end, rel=1e-6)
        assert (there <= middle) == (end <= middle)


# -- Guardrails ------------------------------------------------------------------------------------------------------


def most_on_a_product(amount: str, **given):
    return make_guardrail(**({"kind": "product", "bound": "most", "amount": Decimal(amount)} | given))


def test_a_proposal_that_breaks_guardrails_is_refused_with_all_of_them():
    one, two = most_on_a_product("1100.00", name="no-giant"), most_on_a_product("1150.00", name="no-titan")
    with pytest.raises(ProposalRefused) as refused:
        make_decision()
    for rule, amount in ((one, "$100.00"), (two, "$50.00")):
        assert (
            f"{rule.name}, which {rule.owner} answers for, would be broken: Tests gets $1,200.00 a month, {amount}"
            in (str(refused.value))
        )


def test_a_waiver_lets_it_go_and_is_kept_with_the_proposal():
    rule = most_on_a_product("1100.00")
    waiver = make_waiver(guardrail=rule.name, starts=date(2026, 1, 1), ends=date(2026, 12, 31))
    [kept] = make_decision().frozen["guardrails"]

    assert not kept["is_kept"]
    assert kept["waiver"] == {"person": str(waiver.person), "why": waiver.why, "ends": "31 Dec 2026"}


def test_what_was_broken_before_and_gets_no_worse_is_not_held_against_it():
    scenario = make_move()
    stage = scenario.lines.first().product.stage
    make_guardrail(kind="stage", bound="most", amount=Decimal("1500.00"), stage=stage)

    [kept] = make_decision(scenario).frozen["guardrails"]
    assert not kept["is_kept"]


def test_a_guardrail_that_is_broken_by_the_time_it_is_applied_stops_it():
    decision = make_approved()
    rule = most_on_a_product("1100.00")
    with pytest.raises(GroundMoved) as refused:
        apply(decision, by=make_user("leader"))

    [words] = refused.value.differences
    assert words.startswith(f"{rule.name}, which {rule.owner} answers for, would be broken from 1 Apr 2026 on")
    decision.refresh_from_db()
    assert decision.status == "approved"


def test_without_a_rate_of_exchange_a_proposal_says_so():
    make_figures()
    allocation = make_allocation(stream=make_stream(currency="EUR"))
    with pytest.raises(ValidationError, match="no exchange rate from EUR to USD"):
        make_decision(make_scenario((allocation, "1.00")))
