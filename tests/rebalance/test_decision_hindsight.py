"""Looking back: from a proposal to what came of it, when the clock has moved on."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portfolio.common import actions
from portfolio.network.models import Link
from portfolio.rebalance import calibration, hindsight
from portfolio.rebalance.decision_actions import apply, approve, propose, revert
from portfolio.rebalance.models import Decision, Measure, Prediction
from portfolio.rebalance.tasks import look_back
from portfolio.rollup.actions import roll_up
from products.value.models import Observation
from tests.factories import make_link, make_user
from tests.rebalance.proposals import (
    AFTER,
    STARTS,
    make_approved,
    make_certain_figures,
    make_figures,
    move,
    record_months,
)

pytestmark = pytest.mark.django_db

ABOUT = 0.01  # months are not of one length


@pytest.fixture(autouse=True)
def first_of_april(settings):
    settings.TWOFOLD_TODAY = STARTS


def make_applied() -> tuple[Decision, tuple]:
    """Apply a decision over two products with figures of a year, each worth 1 a unit for certain."""
    made = make_figures(low=Decimal(1), high=Decimal(1))
    one, two, _ = made
    return apply(make_approved(move(one, "810.00", two, "2190.00")), by=make_user("leader")), made


def a_year_on(settings, made, *, quantity: int = 11_000, months: int = 12) -> None:
    """Move the clock on by a year in which the first product did so much, and the second as much as before."""
    one, two, metric = made
    after = date(2026 + (3 + months) // 12, (3 + months) % 12 + 1, 1)
    record_months(one, metric, STARTS, after, cost=810 * months, quantity=quantity)
    record_months(two, two.metrics.get(), STARTS, after, cost=2190 * months, quantity=24_000)
    settings.TWOFOLD_TODAY = AFTER
    roll_up(cause="a year on")


def of_year(decision: Decision, **which) -> Prediction:
    return decision.predictions.get(quarters=4, **({"measure": Measure.VALUE} | which))


def test_from_a_proposal_to_what_came_of_it(settings):
    made = make_figures(low=Decimal(1), high=Decimal(1))
    leader, finance = make_user("leader"), make_user("finance_partner")
    scenario = move(made[0], "810.00", made[1], "2190.00", by=leader)
    decision = propose(scenario, version=1, title="Move some", why="Tests return more.", by=leader)
    approve(decision, by=finance)
    apply(decision, by=finance)
    assert hindsight.check_due() == []

    a_year_on(settings, made)
    done = hindsight.check_due()

    assert {row.pk for row in done} == set(decision.predictions.values_list("pk", flat=True))
    year = of_year(decision, product=made[0])
    assert year.outcome == pytest.approx(11_000, rel=ABOUT)
    assert year.checked_at is not None
    assert of_year(decision, product=None).outcome == pytest.approx(35_000, rel=ABOUT)
    assert of_year(decision, product=made[0], measure=Measure.RATIO).outcome == pytest.approx(11_000 / 9_720, rel=ABOUT)
    assert of_year(decision, metric=made[2], measure=Measure.QUANTITY).outcome == pytest.approx(11_000, rel=ABOUT)


def test_what_was_looked_at_is_not_looked_at_again(settings):
    decision, made = make_applied()
    a_year_on(settings, made)
    look_back()
    checked = list(decision.predictions.values_list("pk", "checked_at", "outcome"))

    assert hindsight.check_due() == []
    assert list(decision.predictions.values_list("pk", "checked_at", "outcome")) == checked


def test_only_what_is_due_is_looked_at(settings):
    _decision, made = make_applied()
    a_year_on(settings, made, months=6)
    settings.TWOFOLD_TODAY = date(2026, 6, 30)
    assert hindsight.check_due() == []

    assert {row.quarters for row in hindsight.check_due(date(2026, 7, 1))} == {1}
    assert {row.quarters for row in hindsight.check_due(date(2026, 10, 1))} == {2}


def test_it_waits_until_the_months_have_figures(settings):
    decision, made = make_applied()
    a_year_on(settings, made, months=6)

    assert {row.quarters for row in hindsight.check_due()} == {1, 2}
    [waits] = {row.quarters for row in decision.predictions.filter(checked_at=None)}
    assert waits == 4


def test_it_waits_while_figures_are_stale(settings):
    _decision, made = make_applied()
    a_year_on(settings, made)
    row = Observation.objects.known().filter(metric=made[2]).latest("starts")
    actions.correct(row, changes={"value": Decimal(10)}, reason="Miscounted", by=None)

    assert hindsight.check_due() == []
    roll_up(cause="again")
    assert hindsight.check_due()


def test_a_proposal_that_was_never_applied_is_not_looked_back_on(settings):
    made = make_figures(low=Decimal(1), high=Decimal(1))
    make_approved(move(made[0], "810.00", made[1], "2190.00"))
    a_year_on(settings, made)
    assert hindsight.check_due() == []


def test_months_after_a_decision_was_reverted_say_nothing_about_it(settings):
    decision, made = make_applied()
    somebody = make_user("leader")
    back = revert(decision, why="It did not help.", starts=date(2026, 10, 1), by=somebody)
    approve(back, by=make_user("finance_partner"))
    apply(back, by=somebody)
    a_year_on(settings, made)
    hindsight.check_due()

    assert {row.quarters for row in decision.predictions.exclude(checked_at=None)} == {1, 2}
    assert hindsight.reverted_on(Decision.objects.get(pk=decision.pk)) == date(2026, 10, 1)


# -- Two effects told apart ------------------------------------------------------------------------------------------


def test_a_correction_of_the_window_before_is_told_apart(settings):
    decision, made = make_applied()
    row = Observation.objects.known().get(metric=made[2], starts__lt=STARTS)
    actions.correct(row, changes={"value": Decimal(13_200)}, reason="Miscounted", by=None)
    a_year_on(settings, made)
    hindsight.check_due()

    # A tenth more was there to begin with, so a tenth more of what was expected was to be expected.
    year = of_year(decision, product=made[0])
    assert year.by_correction == pytest.approx(0.1 * year.middle, rel=ABOUT)
    assert of_year(decision, product=made[1]).by_correction == pytest.approx(0, abs=1)
    assert year.by_network == pytest.approx(0, abs=1)


def test_the_example_of_the_documentation(settings):
    made = make_certain_figures()
    decision = apply(make_approved(move(made[0], "810.00", made[1], "2190.00")), by=make_user("leader"))
    row = Observation.objects.known().get(metric=made[2], starts__lt=STARTS)
    actions.correct(row, changes={"value": Decimal(13_200)}, reason="Recounted", by=None)
    a_year_on(settings, made)
    hindsight.check_due()
    year = of_year(decision, product=made[0])

    assert year.middle == pytest.approx(10_800, rel=ABOUT)
    assert year.by_correction == pytest.approx(1_080, rel=ABOUT)
    left = year.outcome - year.middle - year.by_correction - year.by_network
    assert left == pytest.approx(-880, abs=60)


def test_a_changed_network_is_told_apart(settings):
    decision, made = make_applied()
    make_link(supplier=made[0], consumer=made[1], share=Decimal("0.5"), starts=STARTS)
    a_year_on(settings, made)
    hindsight.check_due()

    year, other = of_year(decision, product=made[0]), of_year(decision, product=made[1])
    # In the network of the window before nobody pulled anything: each was credited with what its customers got.
    assert year.outcome - year.by_network == pytest.approx(11_000, rel=ABOUT)
    assert other.outcome - other.by_network == pytest.approx(24_000, rel=ABOUT)
    assert year.by_network == pytest.approx(-other.by_network)
    assert year.by_network > 1_000
    assert of_year(decision, product=None).by_network == pytest.approx(0, abs=0.1)
    assert Link.objects.count() == 1


def test_what_came_of_it_is_told_in_sentences(settings):
    decision, made = make_applied()
    row = Observation.objects.known().get(metric=made[2], starts__lt=STARTS)
    actions.correct(row, changes={"value": Decimal(13_200)}, reason="Miscounted", by=None)
    before = hindsight.tell(of_year(decision, product=made[0]))
    assert before.sentences == ("It will be looked at on 1 Apr 2027, or once its months have figures.",)

    a_year_on(settings, made, quantity=20_000)
    hindsight.check_due()
    told = hindsight.tell(of_year(decision, product=made[0]))

    assert told.outcome == "$20.0k"
    assert told.sentences[0].startswith("It came to $20.0k, above the range of ")
    assert told.sentences[1].startswith(
        "Figures that it was predicted from were corrected or completed since: that explains +$1.1k of it."
    )
    assert told.sentences[2].endswith("against what was expected is left, which neither of these explains.")


# -- Calibration -----------------------------------------------------------------------------------------------------


def test_outcomes_far_off_widen_the_next_ranges(settings):
    decision, made = make_applied()
    assert calibration.factors()["stated"] == 1
    a_year_on(settings, made, quantity=30_000)
    hindsight.check_due()

    assert calibration.factors()["stated"] > 1
    [stated] = calibration.by_estimator(decision.predictions.all())
    assert stated.covered.count == 24
    assert stated.covered.inside < 24
    assert stated.factor == calibration.factors()["stated"]
    assert {found.key for found in calibration.by_measure(decision.predictions.all())} == {"value", "ratio", "quantity"}


def test_a_record_without_outcomes_says_so():
    assert calibration.record("stated", "Stated", []).words == "Nothing has been checked yet."
    assert calibration.reliability([]) == []


def test_reliability_is_of_all_outcomes_at_the_full_range_and_beyond(settings):
    decision, made = make_applied()
    a_year_on(settings, made)
    hindsight.check_due()
    found = calibration.reliability(decision.predictions.all())

    assert [reach.stated for reach in found] == sorted(reach.stated for reach in found)
    at_90 = next(reach for reach in found if reach.stated == 0.9)
    assert at_90.part == pytest.approx(1)
    inside = sum(bool(row.is_inside) for row in decision.predictions.all())
    assert at_90.found == pytest.approx(inside / decision.predictions.count())


# -- The command -----------------------------------------------------------------------------------------------------


def test_the_clock_can_be_moved_by_command(settings):
    decision, made = make_applied()
    a_year_on(settings, made)
    said = StringIO()
    call_command("look_back", on="2026-07-01", stdout=said)

    assert "8 predictions looked at." in said.getvalue()
    assert set(decision.predictions.exclude(checked_at=None).values_list("quarters", flat=True)) == {1}


def test_the_clock_is_not_moved_past_what_is_known(settings):
    make_applied()
    with pytest.raises(CommandError, match="The latest month with figures is March 2026"):
        call_command("look_back", on="2026-07-01")
    with pytest.raises(CommandError, match="is not a date"):
        call_command("look_back", on="soon")
