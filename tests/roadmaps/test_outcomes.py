"""What shipped items did to their metrics, what experiments found, and the record of a roadmap."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from portfolio.common import actions
from portfolio.common.months import add_months
from products.roadmaps.experiments import effect_of, past
from products.roadmaps.item_actions import ship_item
from products.roadmaps.models import Experiment, Item
from products.roadmaps.outcomes import UNFOUNDED, UNOBSERVED, UNPROMISED, Outcome, agenda_rows, results_of, track_record
from products.roadmaps.outcomes import shipped as all_shipped
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)
SHIPPED = date(2025, 7, 1)
WAVES = (2, -1, 0, -2, 1, 0)  # about a line: enough for a range, and no trend of their own


@pytest.fixture(autouse=True)
def day(settings):
    settings.TWOFOLD_TODAY = TODAY


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


def observe(metric, first, values):
    for place, value in enumerate(values):
        month = add_months(first, place)
        make.make_observation(metric=metric, starts=month, value=Decimal(str(value)))


def shipped(lift, *, before=12, after=8, on=SHIPPED, roadmap=None, metric="new", **given):
    """Ship an item whose metric, a level that rose by 1 a month from 90 on, stood `lift` higher ever since."""
    roadmap = roadmap or make.make_roadmap()
    if metric == "new":
        metric = make.make_metric(product=roadmap.products.first(), behaviour="level", unit="points")
        first = add_months(SHIPPED, -before)
        rising = [100 - before + place + WAVES[place % 6] for place in range(before + after)]
        observe(metric, first, [value + (lift if place >= before else 0) for place, value in enumerate(rising)])
    defaults = {"by_when": date(2026, 1, 31)} if metric else {}
    item = make.make_item(roadmap=roadmap, metric=metric, **(defaults | given))
    return ship_item(item, by=None, on=on)


def result(item, **asked):
    return results_of([Item.objects.select_related("metric", "roadmap", "product").get(pk=item.pk)], **asked)[0]


def test_the_change_is_told_from_the_trend():
    """Promised from 100 to 120-140. It rose by 30, and by the 1 a month that it rose by anyway."""
    found = result(shipped(30))
    assert found.change.low < 30 < found.change.high
    assert found.change.change == pytest.approx(30, abs=2)
    assert found.outcome == Outcome.REACHED
    assert "+20 to +40 was promised" in found.words


@pytest.mark.parametrize(("lift", "outcome"), [(21, Outcome.WITHIN), (5, Outcome.SHORT), (18, Outcome.UNCLEAR)])
def test_shipping_is_not_success(lift, outcome):
    assert result(shipped(lift)).outcome == outcome


def test_what_cannot_be_told_is_said_in_words():
    assert result(shipped(5, by_when=date(2026, 12, 31))).outcome == Outcome.EARLY
    assert result(shipped(0, after=0)).outcome == UNOBSERVED
    few = result(shipped(0, before=3))
    assert (few.outcome, few.change) == (UNFOUNDED, None)
    assert "fewer than 4 months" in few.words
    assert result(shipped(0, metric=None)).outcome == UNPROMISED


def test_a_flow_is_read_by_the_month_and_as_it_was_known():
    roadmap = make.make_roadmap()
    metric = make.make_metric(product=roadmap.products.first())
    last = None
    for place in range(-12, 6):
        starts = add_months(SHIPPED, place)
        ends = add_months(SHIPPED, place + 1)
        # A hundred a day, and 30 more from the day on which it ships.
        count = (ends - starts).days * (130 if place >= 0 else 100)
        last = make.make_observation(metric=metric, starts=starts, ends=ends, value=Decimal(count))
    given = {"metric_from": Decimal(3000), "metric_low": Decimal(3800), "metric_high": Decimal(4000)}
    item = shipped(0, roadmap=roadmap, metric=metric, **given)
    found = result(item)
    assert found.change.change == pytest.approx(30 * 365.25 / 12, rel=1e-6)
    before = last.recorded_at
    actions.correct(last, changes={"value": Decimal(0)}, reason="Counted twice.", by=None)
    assert result(item).change.change < 900
    assert result(item, known=before).change.change == pytest.approx(found.change.change)


def test_several_that_ship_together_share_the_change():
    first = shipped(30)
    second = shipped(0, on=SHIPPED + timedelta(days=40), roadmap=first.roadmap, metric=first.metric)
    later = shipped(0, on=SHIPPED + timedelta(days=260), roadmap=first.roadmap, metric=first.metric)
    assert result(first).together == [second]
    assert f"theirs together: {second}" in result(first).words
    assert result(later).together == []


def test_the_record_counts_what_came_of_what_shipped():
    roadmap = make.make_roadmap()
    for lift in (30, 30, 5):
        shipped(lift, roadmap=roadmap)
    shipped(0, after=0, roadmap=roadmap)
    track = track_record(roadmap)
    assert (track.total, track.reached, track.without) == (4, 2, 1)
    assert (track.covered.count, track.covered.inside) == (3, 2)
    mean, low, high = track.kept
    assert low < mean < high
    assert mean == pytest.approx((1 + 1 + 1 / 6) / 3, abs=0.1)
    assert track_record(roadmap, on=date(2025, 6, 1)).total == 0
    items = all_shipped(roadmap)
    assert [row.is_urgent for row in agenda_rows(items, TODAY, None)].count(True) == 2
    assert agenda_rows(items, date(2028, 1, 1), None) == []  # it was looked at while it was watched


@pytest.mark.parametrize("page", ["results", "list"])
def test_pages_take_as_many_queries_for_twenty_as_for_one(reader, page, django_assert_num_queries):
    roadmap = make.make_roadmap()
    address = (
        reverse("roadmaps:roadmap-results", args=[roadmap.code])
        if page == "results"
        else reverse("roadmaps:result-list")
    )
    item = shipped(30, before=4, after=2, roadmap=roadmap)
    make.make_experiment(item=item)
    reader.get(address)
    with CaptureQueriesContext(connection) as one:
        assert reader.get(address).status_code == 200
    of_one = len(one)
    for _ in range(19):
        make.make_experiment(item=shipped(30, before=4, after=2, roadmap=roadmap))
    reader.get(address)
    with django_assert_num_queries(of_one):
        answer = reader.get(address).content.decode()
    assert answer.count('<th scope="row"') >= 20


def test_the_page_of_an_item_draws_it_and_has_its_table(reader):
    item = shipped(30)
    make.make_experiment(item=item, effect=Decimal(40), standard_error=Decimal(10), concluded_on=date(2025, 6, 1))
    page = reader.get(item.get_absolute_url()).content.decode()
    assert "Change against the trend before" in page
    assert "item-result-chart" in page
    assert "is to be believed" in page
    assert "Record an experiment" not in page
    reader.force_login(make.make_user("team_lead", product=item.product))
    assert f"{reverse('roadmaps:result-add')}?item={item.code}" in reader.get(item.get_absolute_url()).content.decode()


# -- Experiments ------------------------------------------------------------------------------------------------------


def test_an_experiment_is_shrunk_before_it_counts():
    """Towards no effect, 0 give or take 10 % of the 100 there were: 10² / (10² + 20²) = a fifth of 40."""
    row = make.make_experiment(effect=Decimal(40), standard_error=Decimal(20))
    found = effect_of(row, past())
    assert (found.effect, found.shrunk.effect) == pytest.approx((40, 8))
    assert found.prior.count == 0


def test_enough_earlier_experiments_say_what_effects_are_like():
    for effect in (4, 6, 5, 7, 3):
        make.make_experiment(effect=Decimal(effect), standard_error=Decimal(2), concluded_on=date(2025, 12, 1))
    row = make.make_experiment(effect=Decimal(40), standard_error=Decimal(20))
    found = effect_of(row, past())
    assert found.prior.count == 5
    assert found.prior.centre == pytest.approx(0.05)
    assert 5 < found.shrunk.effect < 8
    assert "what 5 earlier experiments found" in found.prior_words


def groups(**changes):
    given = {
        "control_mean": 100, "control_deviation": 10, "control_size": 50, "treatment_mean": 104,
        "treatment_deviation": 12, "treatment_size": 50,
    }  # fmt: skip
    return given | changes


def test_groups_give_the_effect_and_its_error_and_half_of_them_is_refused():
    user = make.make_user("product_owner")
    item = make.make_item()
    api = APIClient()
    api.force_login(user)
    body = {"item": item.code, "concluded_on": "2026-01-10", "source": "Test 7"}
    address = "/api/v1/results/"
    answer = api.post(address, body | groups())
    assert answer.status_code == 201, answer.content
    found = answer.json()["found"]
    assert found["effect"] == pytest.approx(4)
    assert found["standard_error"] == pytest.approx((100 / 50 + 144 / 50) ** 0.5)
    assert 0 < found["shrunk_effect"] < 4
    for wrong in (groups(control_size=None), groups(effect=4), groups(control_deviation=0, treatment_deviation=0)):
        assert api.post(address, body | wrong).status_code == 400
    listed = api.get(address, {"item": item.code}).json()["results"]
    assert [row["found"] for row in listed] == [found]


def test_an_experiment_is_recorded_corrected_and_retracted_on_its_pages(client):
    user = make.make_user("product_owner")
    item = make.make_item()
    client.force_login(user)
    add = reverse("roadmaps:result-add")
    assert item.name in client.get(add, {"item": item.code}).content.decode()
    body = {"item": item.pk, "concluded_on": "2026-01-10", "source": "Test 7", "effect": "5", "standard_error": "2"}
    assert client.post(add, body).status_code == 302
    row = Experiment.objects.get()
    assert "To be believed" in client.get(row.get_absolute_url()).content.decode()
    correct = reverse("roadmaps:result-correct", args=[row.pk])
    assert client.post(correct, body | {"effect": "6", "reason": "A typo."}).status_code == 302
    new = Experiment.objects.known().get()
    assert client.post(reverse("roadmaps:result-retract", args=[new.pk]), {"reason": "Void."}).status_code == 302
    assert not Experiment.objects.known().exists()


def test_what_shipped_without_a_metric_cannot_be_experimented_on():
    item = make.make_item(metric=None)
    with pytest.raises(ValidationError, match="names no metric"):
        make.make_experiment(item=item)


def test_the_record_of_a_roadmap_stands_wherever_it_is_included():
    roadmap = shipped(30).roadmap
    text = render_to_string("roadmaps/_track_record.html", {"roadmap": roadmap})
    assert "1 shipped: 1 did what was promised." in text
