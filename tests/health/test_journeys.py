"""Journeys against both budgets, and where people leave them. The figures are those of docs/journeys.md."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from portfolio.common import actions
from portfolio.common.errors import NotAllowed
from products.health.journey_actions import divide_budget
from products.health.journey_reading import measured, steps_of, walk
from products.health.models import Step
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 31)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = TODAY


def measure(service, good, total, **given):
    objective = make.make_objective(service=service, **given)
    make.make_measurement(objective=objective, starts=date(2026, 3, 5), ends=date(2026, 3, 19), good=good, total=total)
    return objective


@pytest.fixture
def journey():
    """Booking, checking and paying; the booking service is there again at the end. 99 % and 2,000 ms."""
    product = make.make_product()
    metric = make.make_metric(product=product, unit="bookings")
    make.make_valuation(metric=metric, low=Decimal(10), high=Decimal(10), starts=date(2026, 1, 1))
    journey = make.make_journey(product=product, metric=metric, availability=Decimal("0.99"), response_ms=2000)
    booking, checks, payments = (make.make_service(code=code) for code in ("booking", "checks", "payments"))
    for place, (name, service) in enumerate(
        [("Choose", booking), ("Prove who you are", checks), ("Pay", payments), ("Confirm", booking)], start=1
    ):
        make.make_step(journey=journey, position=place, name=name, service=service)
    measure(booking, 9_990, 10_000, target=Decimal("0.999"))
    measure(checks, 9_950, 10_000, target=Decimal("0.999"))
    measure(payments, 9_980, 10_000, target=Decimal("0.999"))
    for service, threshold in ((booking, 300), (checks, 600), (payments, 400)):
        measure(service, 98, 100, kind="latency", target=Decimal("0.95"), threshold=Decimal(threshold))
    return journey


def test_a_journey_is_measured_against_both_budgets(journey):
    """The worked example: 0.999 × 0.995 × 0.998, booking once; and 300 + 600 + 400 + 300 ms for at least 92 %."""
    going = walk(journey)
    assert going.availability == pytest.approx(0.999 * 0.995 * 0.998)
    assert going.meets_availability is True
    low, high = going.availability_range
    assert low < going.availability < high
    assert (going.bound.milliseconds, going.bound.share) == (1600, pytest.approx(0.92))
    assert going.meets_response is True
    make.make_step(journey=journey, position=5, name="Leave word", service=make.make_service())
    going = walk(journey)
    assert (len(going.unmeasured), going.meets_availability, going.bound, going.meets_response) == (1, None, None, None)


def test_the_strictest_objective_speaks_for_a_service_and_only_its_window_counts(journey):
    booking = steps_of(journey, TODAY)[0].service
    measure(booking, 900, 1000, target=Decimal("0.9"), code="lenient")
    strict = measure(booking, 995, 1000, target=Decimal("0.9995"), code="strict")
    make.make_measurement(objective=strict, starts=date(2026, 1, 1), ends=date(2026, 1, 2), good=0, total=1000)
    found = measured([booking.pk], TODAY)[booking.pk, "availability"]
    assert (found.objective, found.good, found.total) == (strict, 995, 1000)
    # Half of these four days lie in the 28 before the last of March.
    make.make_measurement(objective=strict, starts=date(2026, 3, 1), ends=date(2026, 3, 5), good=90, total=100)
    found = measured([booking.pk], TODAY)[booking.pk, "availability"]
    assert (found.good, found.total) == (995 + 45, 1000 + 50)


def test_budgets_are_divided_over_the_steps_and_what_is_set_by_hand_is_kept(journey):
    """The worked example: 2,000 ms as 375, 750, 500 and 375, and 99 % as 99.8747, 99.3735 and 99.7493."""
    owner = make.make_user("product_owner", product=journey.product)
    changed = divide_budget(journey, by=owner)
    assert [step.response_ms for step in changed] == [375, 750, 500, 375]
    assert [step.availability for step in changed] == [
        Decimal(part) for part in ("0.998747", "0.993735", "0.997493", "0.998747")
    ]
    assert divide_budget(journey, by=owner) == []
    pay = next(step for step in changed if step.name == "Pay")
    fixed = actions.correct(pay, changes={"response_ms": 800, "is_fixed": True}, reason="By hand", by=owner)
    equal = divide_budget(journey, by=owner, how="equal")
    steps = steps_of(journey, TODAY)
    assert [step.response_ms for step in steps] == [400, 400, 800, 400]
    assert steps[0].availability == steps[1].availability
    assert fixed.pk not in {step.pk for step in equal}
    assert walk(journey).response_budget.left == 0
    assert walk(journey).availability_budget.left >= 0
    actions.correct(fixed, changes={"response_ms": 2500}, reason="By hand", by=owner)
    with pytest.raises(ValidationError, match="2,500 of the journey's 2,000 ms"):
        divide_budget(journey, by=owner)
    assert walk(journey).response_budget.is_overdrawn
    with pytest.raises(NotAllowed):
        divide_budget(journey, by=make.make_user("product_owner", product=make.make_product()))
    assert Step.objects.known().count() == 4


def test_a_division_with_nothing_to_divide_is_refused():
    bare = make.make_journey(availability=None, response_ms=None)
    with pytest.raises(ValidationError, match="has no budget"):
        divide_budget(bare, by=None)
    with pytest.raises(ValidationError, match="has no steps"):
        divide_budget(make.make_journey(), by=None)
    step = make.make_step(availability=Decimal("0.98"), is_fixed=True)
    make.make_step(journey=step.journey, position=2)
    with pytest.raises(ValidationError, match=r"98\.000% of the time"):
        divide_budget(step.journey, by=None)


def test_who_leaves_is_weighed_with_money_and_the_parts_add_up(journey):
    """The worked example: 1,000, 800, 760 and 720 enter, 700 complete; worth 10 each."""
    counts = {1: (1000, 900), 2: (800, 780), 3: (760, 750), 4: (720, 700)}
    for position, (entered, completed) in counts.items():
        make.make_passage(
            journey=journey, position=position, month=date(2026, 2, 1), entered=entered, completed=completed
        )
    make.make_passage(journey=journey, position=1, month=date(2026, 3, 1), entered=500, completed=400)
    left = walk(journey).drop_off
    assert (left.months, left.left_out) == ([date(2026, 2, 1)], [date(2026, 3, 1)])
    assert [step.lost for step in left.steps] == [200, 40, 40, 20]
    assert [step.costs[0].cents for step in left.steps] == [175_000, 36_842, 38_889, 20_000]
    assert left.costs[0].cents == sum(step.costs[0].cents for step in left.steps) == 270_731
    assert (left.began, left.lost, left.completed) == (1000, 300, 700)
    # A step whose budget is divided is another row, and still the one that people passed.
    divide_budget(journey, by=None)
    assert walk(journey).drop_off.began == 1000
    with pytest.raises(ValidationError, match="has no step 9"):
        make.make_passage(journey=journey, position=9, month=date(2026, 2, 1))
    with pytest.raises(ValidationError, match="not begun"):
        make.make_passage(journey=journey, month=TODAY + timedelta(days=1))
