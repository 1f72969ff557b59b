"""What incidents lost is taken off a flow's months, once, and whenever it becomes known."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from portfolio.common import actions as rows
from portfolio.rollup import actions, closing
from portfolio.rollup.facts import known, read_months
from portfolio.rollup.models import ProductMonth
from tests.factories import make_impact, make_metric, make_observation, make_product, make_user, make_valuation

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2026, 4, 15)


@pytest.fixture
def renewals():
    """A flow worth 2.00 each, of which there were 100 in January and 100 in February."""
    metric = make_metric(product=make_product(), unit="renewals")
    make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), starts=JANUARY)
    make_observation(metric=metric, starts=JANUARY, ends=FEBRUARY, value=Decimal(100))
    make_observation(metric=metric, starts=FEBRUARY, ends=MARCH, value=Decimal(100))
    return metric


def values(metric) -> list[Decimal]:
    actions.refresh_standings()
    months = ProductMonth.objects.filter(product=metric.product_id, month__lt=APRIL)
    found = dict(months.values_list("month", "own_value"))
    return [found.get(month, Decimal(0)) for month in (JANUARY, FEBRUARY, MARCH)]


def test_a_loss_comes_off_the_months_of_its_days_and_adds_back_to_itself(renewals):
    """The worked example of the documentation: 10 over four days, one of them in February, come to 7.5 and 2.5."""
    assert values(renewals) == [200, 200, 0]
    impact = make_impact(metric=renewals, starts=date(2026, 1, 29), ends=date(2026, 2, 2), lost=Decimal(10))
    assert values(renewals) == [185, 195, 0]
    corrected = rows.correct(
        impact, changes={"late": Decimal(8), "late_share": Decimal("0.25")}, reason="Late", by=None
    )
    assert corrected.counted == 12
    assert values(renewals) == [182, 194, 0]
    refreshed = values(renewals)
    actions.roll_up(cause="comparison")
    assert values(renewals) == refreshed
    rows.retract(corrected, reason="It never happened", by=None)
    assert values(renewals) == [200, 200, 0]


def test_what_the_figures_are_lower_by_already_is_not_taken_off_again(renewals):
    impact = make_impact(metric=renewals, starts=JANUARY, ends=FEBRUARY, lost=Decimal(10), is_in_figures=True)
    assert (impact.counted, impact.quantity, impact.touched()) == (0, 10, [])
    assert values(renewals) == [200, 200, 0]


def test_a_loss_is_taken_off_from_the_first_observation_on_even_below_nothing(renewals):
    """Of March nothing is observed yet; of a metric that never was there is nothing that a loss is taken off."""
    make_impact(metric=renewals, starts=MARCH, ends=date(2026, 3, 2), lost=Decimal(3))
    assert values(renewals) == [200, 200, -6]
    make_observation(metric=renewals, starts=MARCH, ends=APRIL, value=Decimal(50))
    assert values(renewals) == [200, 200, 94]
    unseen = make_metric(product=renewals.product)
    make_valuation(metric=unseen, low=Decimal(5), high=Decimal(5), starts=JANUARY)
    make_impact(metric=unseen, starts=MARCH, ends=date(2026, 3, 2), lost=Decimal(3))
    assert values(renewals) == [200, 200, 94]
    make_observation(metric=unseen, starts=FEBRUARY, ends=MARCH, value=Decimal(1))
    assert values(renewals) == [200, 205, 79]
    with pytest.raises(ValidationError, match="is a level"):
        make_impact(metric=make_metric(behaviour="level"))


def test_a_loss_that_is_told_late_counts_in_the_first_open_month(renewals):
    actions.refresh_standings()
    before = timezone.now()
    closing.close_through(JANUARY, by=None)
    impact = make_impact(metric=renewals, starts=date(2026, 1, 10), ends=date(2026, 1, 11), lost=Decimal(10))
    assert values(renewals) == [200, 180, 0]
    rows.correct(impact, changes={"lost": Decimal(4)}, reason="Fewer", by=None)
    assert values(renewals) == [200, 192, 0]
    assert values(renewals) == [200, 192, 0]
    actions.roll_up(cause="comparison")
    assert values(renewals) == [200, 192, 0]
    then = read_months([JANUARY], known(before))[JANUARY].inputs
    now = read_months([JANUARY], known())[JANUARY].inputs
    assert (int(then.value.sum()), int(now.value.sum())) == (20_000, 19_200)


def test_the_page_of_a_month_shows_a_loss_as_a_line_of_its_own_and_adds_up(client, renewals):
    client.force_login(make_user("leader"))
    impact = make_impact(metric=renewals, starts=date(2026, 1, 10), ends=date(2026, 1, 11), lost=Decimal("12.5"))
    actions.refresh_standings()
    page = client.get(reverse("board:product-month", args=[renewals.product.code, "2026-01"]))
    [part] = page.context["metrics"]
    assert (part.before_losses, part.lost, part.figure.quantity) == (100, Decimal("12.5"), Decimal("87.5"))
    assert (part.value_before_losses, part.lost_value, part.value) == (200, -25, 175)
    text = page.content.decode()
    assert "Lost in incidents" in text
    assert impact.incident.get_absolute_url() in text
    closing.close_through(JANUARY, by=None)
    make_impact(metric=renewals, starts=date(2026, 1, 10), ends=date(2026, 1, 11), lost=Decimal(10))
    actions.refresh_standings()
    [closed] = client.get(reverse("board:product-month", args=[renewals.product.code, "2026-01"])).context["metrics"]
    assert (closed.lost, closed.value_before_losses, closed.value) == (Decimal("12.5"), 200, 175)
    page = client.get(reverse("board:product-month", args=[renewals.product.code, "2026-02"]))
    assert (page.context["metrics"][0].value, page.context["closing"].value) == (180, -2_000)
