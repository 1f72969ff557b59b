"""Changes to a roadmap: numbered, in one order, without loops, and nothing lost."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from portfolio.common.errors import NotAllowed
from products.roadmaps.changes import RoadmapMoved, RoadmapRefused
from products.roadmaps.contributions import VestedInterest
from products.roadmaps.item_actions import block_item, change_item, drop_item, ship_item, start_item
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.order_actions import move_item, reorder
from products.roadmaps.retiring import settle_interest
from products.roadmaps.roadmap_actions import save_roadmap
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def roadmap():
    made = make.make_roadmap()
    for code in "abcd":
        make.make_item(roadmap=made, code=code)
    return made


def order(roadmap, horizon="later"):
    return [item.code for item in roadmap.items.open().in_order() if item.horizon == horizon]


def item(code):
    return Item.objects.get(code=code)


def test_a_roadmap_is_joint_or_it_is_refused():
    product, user = make.make_product(), make.make_user()
    with pytest.raises(ValidationError) as refused:
        save_roadmap(Roadmap(code="new", name="New"), products=[product], business=[], technology=[user], by=None)
    assert "business partner" in str(refused.value)

    with pytest.raises(ValidationError, match="both sides"):
        save_roadmap(Roadmap(code="new", name="New"), products=[product], business=[user], technology=[user], by=None)


def test_an_owner_adds_only_their_own_products():
    product, other = make.make_product(), make.make_product()
    owner = make.make_user("product_owner", product=product)
    sides = {"business": [make.make_user()], "technology": [make.make_user()]}
    roadmap = save_roadmap(Roadmap(code="new", name="New"), products=[product], by=owner, **sides)

    with pytest.raises(NotAllowed):
        save_roadmap(roadmap, products=[product, other], by=owner, **sides)
    with pytest.raises(NotAllowed):
        change_item(make.make_item(), changes={"name": "Mine"}, by=owner)


def test_an_item_names_a_customer_metric_or_says_why_not():
    with pytest.raises(ValidationError, match="Name the customer metric"):
        make.make_item(metric=None, exception="")
    roadmap = make.make_roadmap()
    internal = make.make_metric(product=roadmap.products.get(), felt_by="business")
    with pytest.raises(ValidationError, match="felt by the business"):
        make.make_item(roadmap=roadmap, metric=internal)
    assert make.make_item(metric=None, exception="The law asks for it.").exception


def test_every_change_is_numbered_and_told_with_what_was_and_what_came(roadmap):
    change_item(item("a"), changes={"effort_high": Decimal(9)}, why="It is harder.", by=None)

    change = roadmap.changes.last()
    assert change.number == Roadmap.objects.get(pk=roadmap.pk).version
    assert change.why == "It is harder."
    assert change.changes == [{"item": "a", "field": "effort_high", "old": "8", "new": "9"}]
    assert item("a").version == change.number


def test_the_same_change_again_is_no_change(roadmap):
    for _ in range(2):
        change_item(item("a"), changes={"effort_high": Decimal(9)}, by=None)
        move_item(item("a"), horizon="now", by=None)
        start_item(item("a"), by=None)
    assert roadmap.changes.count() == 1 + 4 + 3


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused_and_of_another_field_is_not(roadmap):
    seen = item("a").version
    change_item(item("a"), changes={"effort_high": Decimal(9)}, by=None)

    change_item(item("a"), changes={"name": "Renew"}, version=seen, by=None)
    with pytest.raises(RoadmapMoved, match="effort high"):
        change_item(item("a"), changes={"effort_high": Decimal(10)}, version=seen, by=None)
    assert item("a").effort_high == 9


def test_moves_go_beside_another_item_so_that_both_of_two_count(roadmap):
    a, d = item("a"), item("d")
    move_item(d, horizon="later", before=a, by=None)
    move_item(item("b"), horizon="later", after=a, by=None)
    move_item(item("c"), horizon="now", by=None)

    assert order(roadmap) == ["d", "a", "b"]
    assert order(roadmap, "now") == ["c"]


def test_an_order_made_on_an_older_list_keeps_what_was_added_and_undoes_no_move(roadmap):
    make.make_item(roadmap=roadmap, code="e")
    move_item(item("c"), horizon="now", by=None)

    reorder(roadmap, horizon="later", codes=["d", "c", "b", "a"], by=None)

    assert order(roadmap) == ["d", "e", "b", "a"]
    assert order(roadmap, "now") == ["c"]


def test_an_order_that_was_made_on_top_of_an_unseen_one_is_refused(roadmap):
    seen = Roadmap.objects.get(pk=roadmap.pk).version
    reorder(roadmap, horizon="later", codes=["b", "a", "c", "d"], version=seen, by=None)

    with pytest.raises(RoadmapMoved, match="order of later"):
        reorder(roadmap, horizon="later", codes=["c", "a", "b", "d"], version=seen, by=None)


def test_a_loop_of_dependencies_is_refused_and_named(roadmap):
    change_item(item("a"), changes={"needs": [item("b")]}, by=None)
    other = make.make_item(needs=[item("a")])

    with pytest.raises(ValidationError, match="round in a loop"):
        change_item(item("b"), changes={"needs": [other]}, by=None)
    assert not item("b").waits_for.exists()


def test_what_is_over_does_not_move_and_what_others_wait_for_is_not_dropped(roadmap):
    change_item(item("a"), changes={"needs": [item("b")]}, by=None)
    with pytest.raises(RoadmapRefused, match="waits for"):
        drop_item(item("b"), why="Too dear.", by=None)

    ship_item(item("b"), by=None)
    with pytest.raises(RoadmapRefused, match="it is over"):
        move_item(item("b"), horizon="now", by=None)


def test_a_blocked_item_says_what_blocks_it_and_goes_on_when_started(roadmap):
    with pytest.raises(ValidationError, match="Say what blocks it"):
        block_item(item("a"), blocked_by=" ", by=None)
    block_item(item("a"), blocked_by="No test data.", by=None)
    assert item("a").blocked_by == "No test data."
    assert start_item(item("a"), by=None).blocked_by == ""


def test_what_retires_is_not_done_while_an_interest_is_open(monkeypatch, roadmap):
    retiring = make.make_item(roadmap=roadmap, kind="retire", metric=None)
    mine = VestedInterest("team:ours", "Teams", "Our team")
    monkeypatch.setattr("products.roadmaps.contributions.INTERESTS", [lambda product, on: [mine]])

    with pytest.raises(RoadmapRefused, match="Our team"):
        ship_item(retiring, by=None)
    settle_interest(retiring, key="team:ours", goes_to="To the payments product.", by=None)

    assert ship_item(retiring, by=None).is_shipped


def test_half_a_promise_is_refused():
    with pytest.raises(ValidationError, match="A promise names the metric, from what, to at least and at most"):
        make.make_item(metric_high=None)
