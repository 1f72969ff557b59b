"""In which order items return most, and what it costs to let them wait."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps.order_actions import reorder
from products.roadmaps.priorities import suggestions
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def roadmap():
    return make.make_roadmap()


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


def item(roadmap, code, *, worth=None, effort=(4, 4), currency="USD", **given):
    """Make an item in now that raises its metric from 100 to 110, each unit worth so much for certain."""
    fields = {"metric_low": Decimal(110), "metric_high": Decimal(110)}
    made = make.make_item(
        roadmap=roadmap, code=code, name=code, horizon="now", effort_low=Decimal(effort[0]),
        effort_high=Decimal(effort[1]), **(({} if given.get("metric", 0) is None else fields) | given),
    )  # fmt: skip
    if worth is not None:
        low, high = worth if isinstance(worth, tuple) else (worth, worth)
        make.make_valuation(metric=made.metric, low=Decimal(low), high=Decimal(high), currency=currency)
    return made


def now(roadmap):
    return next(one for one in suggestions(roadmap) if one.horizon == "now")


def test_value_for_effort_sets_the_order_and_delay_has_its_cost(roadmap):
    """10 x 8 / 4 = 20 a month for each team-week against 10 x 10 / 10 = 10; a quarter's delay costs 3 x 80."""
    item(roadmap, "large", worth=10, effort=(10, 10))
    item(roadmap, "small", worth=8)
    found = now(roadmap)
    assert found.codes == ["small", "large"]
    small = found.ranked[0]
    assert (small.score.mean, small.value.mean, small.quarter.mean) == pytest.approx((20, 80, 240))
    assert (small.place, small.suggested, small.moves_text) == (2, 1, "1 up")
    assert not small.is_tied


def test_what_unlocks_much_comes_before_it(roadmap):
    """The base is worth nothing itself; with what it unlocks, (0 + 900) / (4 + 4) = 112.5 beats 20."""
    item(roadmap, "quick", worth=8)
    base = item(roadmap, "base", metric=None)
    item(roadmap, "prize", worth=90, needs=[base])
    found = now(roadmap)
    assert found.codes == ["base", "prize", "quick"]
    assert found.ranked[0].is_with_others
    assert found.ranked[0].score.mean == pytest.approx(112.5)
    assert found.ranked[0].value is None


def test_overlapping_ranges_are_tied(roadmap):
    item(roadmap, "a", worth=(4, 16))
    item(roadmap, "b", worth=(5, 17))
    item(roadmap, "c", worth=1000)
    assert [(row.item.code, row.is_tied) for row in now(roadmap).ranked] == [("c", False), ("b", True), ("a", True)]


def test_items_without_worth_stand_apart_with_what_is_missing(roadmap):
    item(roadmap, "first", worth=8)
    item(roadmap, "unvalued")
    item(roadmap, "excepted", metric=None)
    item(roadmap, "foreign", worth=8, currency="EUR")
    found = now(roadmap)
    missing = {row.item.code: row.missing for row in found.apart}
    assert "Nobody has said what one of “renewals”" in missing["unvalued"]
    assert "The contract asks for it." in missing["excepted"]
    assert "compared in USD" in missing["foreign"]
    assert found.codes == ["first", "unvalued", "excepted", "foreign"]
    assert found.is_as_by_hand


def test_what_waits_never_comes_before_what_it_needs_with_or_without_worth(roadmap):
    first = item(roadmap, "first", worth=1)
    item(roadmap, "second", worth=2)
    item(roadmap, "waits", metric=None, needs=[first])
    found = now(roadmap)
    assert found.codes == ["second", "first", "waits"]


def test_lower_is_better_turns_the_sign(roadmap):
    metric = make.make_metric(product=roadmap.products.first(), is_higher_better=False)
    make.make_valuation(metric=metric, low=Decimal(3), high=Decimal(3))
    ends = {"metric_low": Decimal(90), "metric_high": Decimal(90)}
    item(roadmap, "down", metric=metric, **ends)
    assert now(roadmap).ranked[0].value.mean == pytest.approx(30)


def test_the_suggestion_moves_nothing_and_can_be_taken(roadmap):
    item(roadmap, "large", worth=10, effort=(10, 10))
    item(roadmap, "small", worth=8)
    suggested = now(roadmap)
    assert [row.code for row in roadmap.items.in_order()] == ["large", "small"]
    reorder(roadmap, horizon="now", codes=suggested.codes, by=None)
    assert now(roadmap).is_as_by_hand


def test_the_page_has_as_many_queries_for_twenty_items_as_for_one(reader, roadmap):
    address = reverse("roadmaps:roadmap-order", args=[roadmap.code])
    assert "Nothing to put in order" in reader.get(address).content.decode()
    last = item(roadmap, "item-a", worth=8)
    reader.get(address)
    with CaptureQueriesContext(connection) as captured:
        reader.get(address)
    of_one = len(captured)
    for number in range(19):
        last = item(roadmap, f"item-b{number}", worth=8 + number, needs=[last])
    reader.get(address)
    with CaptureQueriesContext(connection) as captured:
        page = reader.get(address, {"horizon": "now"}).content.decode()
    assert len(captured) == of_one
    assert "item-b18" in page
    assert "item-b18" not in reader.get(address, {"horizon": "next"}).content.decode()
    assert reader.get(address, {"horizon": "soon"}).status_code == 400
