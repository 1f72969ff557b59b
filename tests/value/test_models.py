"""Rules of metrics, observations, valuations and confirmations."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.models import StaleMark
from products.value.models import Confirmation, Metric, Observation, Valuation, overdue_days, unit_worth
from tests.factories import (
    make_confirmation,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)


def marked() -> list[date]:
    return sorted(set(StaleMark.objects.values_list("month", flat=True)))


def refusal(make, **given) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        make(**given)
    return refused.value.message_dict


# -- Metrics


def test_a_cadence_is_at_least_a_day():
    assert "at least one day" in str(refusal(make_metric, cadence_days=0))


@pytest.mark.parametrize("code", ["add", "observations", "valuations", "confirmations"])
def test_a_metric_cannot_have_the_code_of_an_address(code):
    assert "choose another code" in refusal(make_metric, code=code)["code"][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("behaviour", "level"), ("unit", "hours"), ("is_higher_better", False), ("product", None)],
)
@pytest.mark.parametrize("make", [make_observation, make_valuation])
def test_what_a_metric_means_cannot_change_once_it_was_observed_or_valued(make, name, value):
    metric = make(metric=make_metric()).metric
    setattr(metric, name, value or (make_product() if name == "product" else value))
    with pytest.raises(ValidationError, match="cannot change any more"):
        actions.save(metric, by=None)


def test_a_metric_that_was_never_observed_may_change():
    metric = make_metric()
    metric.behaviour, metric.unit = "level", "points"
    actions.save(metric, by=None)
    metric.refresh_from_db()
    assert (metric.behaviour, metric.unit) == ("level", "points")


def test_a_changed_cadence_marks_all_months_from_the_first_observation_on():
    metric = make_observation(starts=date(2026, 4, 10)).metric
    StaleMark.objects.all().delete()
    metric.cadence_days = 7
    actions.save(metric, by=None)
    assert marked() == [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]


def test_the_latest_observation_by_a_day_is_told_with_how_late_the_next_one_is():
    metric = make_metric(cadence_days=31)
    make_observation(metric=metric, starts=date(2026, 1, 1), ends=date(2026, 2, 1), value=Decimal("5"))
    make_observation(metric=metric, starts=MARCH, ends=date(2026, 4, 1), value=Decimal("7"))
    never = make_metric()
    seen = {row.pk: row for row in Metric.objects.with_seen(date(2026, 5, 15))}
    assert (seen[metric.pk].latest_value, seen[metric.pk].latest_ends) == (Decimal("7"), date(2026, 4, 1))
    assert seen[metric.pk].days_late == overdue_days(date(2026, 3, 31), 31, date(2026, 5, 15)) == 14
    assert seen[metric.pk].is_overdue
    assert (seen[never.pk].days_late, seen[never.pk].is_overdue) == (None, False)
    earlier = Metric.objects.with_seen(date(2026, 2, 15)).get(pk=metric.pk)
    assert (earlier.latest_value, earlier.is_overdue) == (Decimal("5"), False)


def test_how_a_metric_stands_can_be_had_as_it_was_known():
    observation = make_observation(value=Decimal("5"))
    before = timezone.now()
    actions.correct(observation, changes={"value": Decimal("6")}, reason="Misread", by=None)
    assert Metric.objects.with_seen().get().latest_value == 6
    assert Metric.objects.with_seen(known=before).get().latest_value == 5


@pytest.mark.parametrize(
    ("is_higher_better", "target", "value", "meets"),
    [(True, 5, 5, True), (True, 5, 4, False), (False, 5, 4, True), (False, 5, 6, False), (True, None, 6, None)],
)
def test_a_target_is_met_from_the_better_side(is_higher_better, target, value, meets):
    metric = make_metric(is_higher_better=is_higher_better, target=target and Decimal(target))
    assert metric.meets_target(Decimal(value)) is meets
    assert metric.meets_target(None) is None


def test_metrics_are_found_by_value_streams_and_all_below_them():
    top = make_value_stream(code="top")
    below = make_value_stream(code="below", parent=top)
    metric = make_metric(product=make_product(value_stream=below))
    make_metric()
    assert list(Metric.objects.below(["top"])) == [metric]


# -- Observations


def test_an_observation_cannot_end_before_it_starts():
    assert "must come after the start" in refusal(make_observation, starts=MARCH, ends=MARCH)["ends"][0]


def test_a_flow_cannot_count_the_same_days_twice():
    metric = make_metric(code="renewals")
    make_observation(metric=metric, starts=MARCH, ends=date(2026, 4, 1), value=Decimal("12"))
    said = refusal(make_observation, metric=metric, starts=date(2026, 3, 31))["starts"][0]
    assert said.startswith("renewals already has 12 for 2026-03-01 to 2026-03-31.")
    make_observation(metric=metric, starts=date(2026, 4, 1))


def test_a_level_holds_at_a_moment():
    metric = make_metric(behaviour="level")
    assert "give one day" in refusal(make_observation, metric=metric, starts=MARCH, ends=date(2026, 4, 1))["ends"][0]
    make_observation(metric=metric, starts=MARCH)


def test_a_metric_is_observed_once_a_day():
    observation = make_observation(metric=make_metric(behaviour="level"))
    said = refusal(make_observation, metric=observation.metric)
    assert "already has an observation that starts on this day" in str(said)


def test_an_observation_marks_its_months_until_the_next_one():
    metric = make_metric(behaviour="level")
    make_observation(metric=metric, starts=date(2026, 5, 5))
    StaleMark.objects.all().delete()
    make_observation(metric=metric, starts=MARCH)
    assert marked() == [MARCH, date(2026, 4, 1), date(2026, 5, 1)]


def test_the_last_observation_marks_all_months_to_this_one():
    make_observation(starts=date(2026, 4, 10))
    assert marked() == [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]


def test_a_corrected_observation_marks_the_months_of_both():
    observation = make_observation(starts=MARCH)
    make_observation(metric=observation.metric, starts=date(2026, 6, 1))
    StaleMark.objects.all().delete()
    actions.correct(observation, changes={"starts": date(2026, 4, 1), "ends": date(2026, 4, 2)}, reason="Typo", by=None)
    assert marked()[0] == MARCH
    assert Observation.objects.known().filter(starts=date(2026, 4, 1)).exists()


# -- Valuations


def test_the_low_end_is_not_above_the_high_end():
    assert "must not be above" in str(refusal(make_valuation, low=Decimal("5"), high=Decimal("4")))


@pytest.mark.parametrize("days", [{"starts": date(2026, 1, 2)}, {"starts": MARCH, "ends": date(2026, 4, 2)}])
def test_a_worth_holds_for_whole_months(days):
    assert "first of a month" in refusal(make_valuation, **days)["starts"][0]


def test_a_level_needs_a_baseline_and_a_flow_has_none():
    assert "give it" in refusal(make_valuation, metric=make_metric(behaviour="level"))["baseline"][0]
    assert "Leave it empty" in refusal(make_valuation, baseline=Decimal("1"))["baseline"][0]
    make_valuation(metric=make_metric(behaviour="level"), baseline=Decimal("80"))


def test_a_metric_has_one_worth_at_a_time():
    valuation = make_valuation(starts=MARCH)
    assert "already has a worth from 2026-03-01" in refusal(make_valuation, metric=valuation.metric)["starts"][0]
    make_valuation(metric=valuation.metric, starts=date(2026, 1, 1), ends=MARCH)


@pytest.mark.parametrize(
    ("evidence", "currency", "words"), [("hearsay", "USD", "not a valid choice"), ("asserted", "QQQ", "not a currency")]
)
def test_evidence_and_currency_are_known_ones(evidence, currency, words):
    assert words in str(refusal(make_valuation, evidence=evidence, currency=currency))


def test_a_worth_marks_its_months():
    make_valuation(starts=MARCH, ends=date(2026, 5, 1))
    assert marked() == [MARCH, date(2026, 4, 1)]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("4.35", "6.4", "$4.35 to $6.40"),
        ("0.012500", "2", "$0.0125 to $2.00"),
        ("3", "3", "$3.00"),
        ("-2", "1", "−$2.00 to $1.00"),
    ],
)
def test_a_range_is_said_with_all_its_decimals(low, high, text):
    assert make_valuation(low=Decimal(low), high=Decimal(high)).range_text == text


def test_what_a_worth_is_for_is_said_in_full():
    level = make_metric(behaviour="level", unit="points", is_higher_better=False)
    assert make_valuation().per == "for one unit (renewals)"
    assert make_valuation(metric=level, baseline=Decimal("80")).per == "a month for one unit below 80 (points)"
    assert unit_worth(Decimal("1000"), "USD") == "$1,000.00"


def test_metrics_are_valued_on_a_day_or_not():
    valued = make_valuation(starts=MARCH, ends=date(2026, 5, 1)).metric
    other = make_metric()
    assert list(Metric.objects.valued(on=MARCH)) == [valued]
    assert set(Metric.objects.valued(False, on=date(2026, 5, 1))) == {valued, other}


# -- Confirmations


def test_nobody_confirms_their_own_word():
    owner = make_user("product_owner")
    valuation = make_valuation(by=owner)
    assert "someone else has to confirm" in refusal(make_confirmation, valuation=valuation, by=owner)["valuation"][0]
    make_confirmation(valuation=valuation)


def test_a_word_is_given_once_and_may_be_given_again_once_it_was_taken_back():
    confirmation = make_confirmation()
    again = {"valuation": confirmation.valuation, "by": confirmation.recorded_by}
    assert "already confirmed" in str(refusal(make_confirmation, **again))
    actions.retract(confirmation, reason="I misread it", by=confirmation.recorded_by)
    make_confirmation(**again)
    assert Valuation.objects.with_confirmed().get().confirmed == 1


def test_only_a_worth_that_stands_can_be_confirmed():
    valuation = make_valuation()
    new = actions.correct(valuation, changes={"high": Decimal("9")}, reason="Wider", by=None)
    valuation.refresh_from_db()
    assert "confirm the one that stands" in refusal(make_confirmation, valuation=valuation)["valuation"][0]
    make_confirmation(valuation=new)


def test_a_confirmation_marks_no_figures():
    valuation = make_valuation()
    StaleMark.objects.all().delete()
    make_confirmation(valuation=valuation)
    assert Confirmation.objects.count() == 1
    assert not marked()


@pytest.mark.parametrize(("last", "late"), [(None, 0), (MARCH, 0), (MARCH - timedelta(days=5), 5)])
def test_a_metric_is_overdue_beyond_its_cadence(last, late):
    assert overdue_days(last, 31, MARCH + timedelta(days=31)) == late
