"""What waits for what, across roadmaps: what slips, the longest way, and whether links join it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.roadmaps.chains import chain_to, graph, item_chain, slips
from products.roadmaps.item_actions import ship_item
from products.roadmaps.models import Item
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)


def everything():
    return graph(Item.objects.open().values_list("pk", flat=True))


@pytest.fixture(autouse=True)
def day(settings):
    settings.TWOFOLD_TODAY = TODAY


def test_a_late_item_delays_all_that_waits_for_it_on_any_roadmap():
    first = make.make_item(ends=TODAY - timedelta(days=9))
    second = make.make_item(needs=[first])
    third = make.make_item(needs=[second], starts=date(2026, 6, 1))
    other = make.make_item(ends=TODAY + timedelta(days=9))
    late = slips(everything())
    assert [(slip.item, slip.delays) for slip in late] == [(first, [second, third])]
    assert "9 days ago" in late[0].why
    assert late[0].roadmaps == sorted([second.roadmap.name, third.roadmap.name])
    assert other not in [slip.item for slip in late]
    assert [slip.item for slip in item_chain(third).late] == [first]
    assert slips(everything(), roadmap=second.roadmap_id) == []


def test_an_item_that_ends_after_the_start_of_what_waits_for_it_slips():
    first = make.make_item(ends=date(2026, 7, 1))
    make.make_item(needs=[first], starts=date(2026, 6, 1))
    assert "30 days earlier" in slips(everything())[0].why


def test_what_shipped_delays_nothing():
    first = make.make_item(ends=TODAY - timedelta(days=9))
    make.make_item(needs=[first])
    ship_item(first, by=None)
    assert slips(everything()) == []


def test_the_critical_chain_is_the_longest_by_effort_and_has_a_range():
    def item(effort, **given):
        return make.make_item(effort_low=Decimal(effort), effort_high=Decimal(effort * 2), **given)

    large = item(20)
    small = item(2)
    middle = item(3, needs=[small])
    goal = item(4, needs=[large, middle])
    item(90)  # leads nowhere near it
    chain = chain_to(everything(), goal.metric_id)
    assert chain.items == [large, goal]
    assert chain.low < chain.effort < chain.high
    assert chain_to(everything(), small.metric_id).items == [small]
    assert chain_to(everything(), 0).items == []


def test_what_is_waited_for_says_where_no_link_joins_the_two_products():
    supplier, consumer = make.make_product(name="Identity"), make.make_product(name="Tax")
    need = make.make_item(roadmap=make.make_roadmap(products=[supplier]))
    item = make.make_item(roadmap=make.make_roadmap(products=[consumer]), needs=[need])
    assert item_chain(item).needs[0].note == "No link says that Tax pulls from Identity."
    make.make_link(supplier=supplier, consumer=consumer)
    assert item_chain(item).needs[0].note == ""
    inside = make.make_item(roadmap=need.roadmap, needs=[need])
    assert item_chain(inside).needs[0].note == ""  # of one product


def test_it_takes_as_many_queries_for_many_items_as_for_one():
    first = make.make_item(ends=TODAY - timedelta(days=9))
    last = make.make_item(needs=[first])
    with CaptureQueriesContext(connection) as of_one:
        item_chain(last)
    count = len(of_one)
    for _ in range(10):
        last = make.make_item(needs=[last, first])
    with CaptureQueriesContext(connection) as of_many:
        found = item_chain(last)
    assert len(of_many) == count
    assert len(found.before) == 11


def test_the_page_of_an_item_says_what_it_delays(client):
    client.force_login(make.make_user())
    first = make.make_item(ends=TODAY - timedelta(days=9))
    second = make.make_item(needs=[first])
    page = client.get(first.get_absolute_url()).content.decode()
    assert "It delays 1 item" in page
    assert second.name in page
    assert "which is late" in client.get(second.get_absolute_url()).content.decode()
