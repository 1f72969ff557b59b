"""Pages of roadmaps: the list, the board, moving, the form, and what changed."""

from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus

import pytest
from django.urls import reverse

from products.roadmaps.item_actions import block_item, change_item, ship_item, start_item
from products.roadmaps.models import Horizon, Roadmap
from products.roadmaps.order_actions import move_item
from tests import factories as make
from tests.roadmaps.asking import PART, TODAY, horizon, page, post, queries, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_march")]


# -- The list --------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do_next(client, leader):
    assert "Begin one: name the products" in text(page(client, "roadmap-list"))


def test_a_reader_is_told_who_begins_roadmaps_and_offered_no_form(client, reader):
    shown = text(page(client, "roadmap-list"))

    assert "A leader or a product owner begins one" in shown
    assert reverse("roadmaps:roadmap-add") not in shown


def test_the_list_shows_both_sides_its_items_its_baseline_and_its_review(client, reader, roadmap):
    make.make_item(roadmap=roadmap, horizon="now")
    ship_item(make.make_item(roadmap=roadmap, horizon="now"), by=None)
    make.make_item(roadmap=roadmap, horizon="later")
    baseline = make.make_baseline(roadmap)
    make.make_review(roadmap=roadmap, held_on=TODAY - timedelta(days=5))

    response = page(client, "roadmap-list")
    (row,) = response.context["page"]

    assert (row.now_count, row.next_count, row.later_count, row.shipped_count) == (1, 0, 1, 1)
    assert row.review_due_on == TODAY + timedelta(days=86)
    assert row.due_in == 86
    assert reverse("roadmaps:baseline-detail", args=[baseline.pk]) in text(response)
    for member in roadmap.members.all():
        assert str(member.user) in text(response)


def test_the_list_is_filtered_by_product_stream_member_words_and_what_is_overdue(client, reader):
    top = make.make_value_stream(code="top")
    below = make.make_value_stream(code="below", parent=top)
    product = make.make_product(code="here", value_stream=below)
    mine = make.make_roadmap(
        code="mine", products=[product, make.make_product()], business=[reader], began_on=date(2025, 1, 1)
    )
    late = make.make_roadmap(code="late")
    make.make_item(roadmap=late, name="Renew by phone", ends=date(2026, 3, 2), by_when=date(2026, 2, 1))
    make.make_item(roadmap=mine)

    def found(**query):
        return [row.code for row in page(client, "roadmap-list", **query).context["page"]]

    assert found(product="here") == ["mine"]
    assert found(value_stream="top") == ["mine"]
    assert found(member=reader.username) == ["mine"]
    assert found(search="by phone") == ["late"]
    assert found(overdue="review") == ["mine"]
    assert found(overdue="end") == ["late"]
    assert found(overdue="promise") == ["late"]
    assert found(sort="-due") == ["late", "mine"]
    assert "No roadmaps match" in text(page(client, "roadmap-list", search="nothing like it"))


def test_pages_take_as_many_queries_for_twenty_rows_as_for_one(client, leader, roadmap):
    """Of the list, the board, an item, its interests and the changes."""
    needed = make.make_item(roadmap=roadmap, kind="retire")
    first = make.make_item(roadmap=roadmap, needs=[needed])
    make.make_baseline(roadmap)
    shown = [
        reverse("roadmaps:roadmap-list"),
        reverse("roadmaps:roadmap-detail", args=["ahead"]),
        reverse("roadmaps:roadmap-history", args=["ahead"]),
        reverse("roadmaps:item-detail", args=[needed.code]),
        reverse("roadmaps:item-settle", args=[needed.code]),
        reverse("roadmaps:item-edit", args=[first.code]),
    ]
    before = [queries(client, address) for address in shown]
    for number in range(19):
        make.make_item(roadmap=roadmap, needs=[needed], horizon=Horizon.values[number % 3])
        make.make_baseline(roadmap)
        other = make.make_roadmap()
        make.make_item(roadmap=other, needs=[needed])
        make.make_segment(product=needed.product)

    assert [queries(client, address) for address in shown] == before


# -- The board -------------------------------------------------------------------------------------------------------


def test_an_empty_board_says_what_to_do_next(client, leader, roadmap):
    shown = text(page(client, "roadmap-detail", "ahead"))

    assert "Nothing is on this roadmap yet" in shown
    assert reverse("roadmaps:item-add") + "?roadmap=ahead" in shown


def test_a_card_says_what_is_promised_what_it_is_worth_and_what_stands_in_its_way(client, reader, roadmap):
    metric = make.make_metric(name="Renewals online", product=roadmap.products.get())
    make.make_valuation(metric=metric, low=Decimal(10), high=Decimal(10), starts=date(2026, 1, 1))
    dear = make.make_metric(product=roadmap.products.get())
    make.make_valuation(metric=dear, low=Decimal(1), high=Decimal(1), currency="SEK", starts=date(2026, 1, 1))
    needed = make.make_item(roadmap=make.make_roadmap(), name="A faster register")
    item = make.make_item(roadmap=roadmap, metric=metric, horizon="now", needs=[needed])
    block_item(item, blocked_by="The contract", by=None)
    make.make_item(roadmap=roadmap, metric=None, exception="The law asks for it.", is_illustrative=True)
    make.make_item(roadmap=roadmap, metric=dear)
    make.make_item(roadmap=roadmap)  # of which nobody has said what it is worth

    response = page(client, "roadmap-detail", "ahead")
    now, _, later = response.context["board"].columns
    shown = " ".join(text(response).split())

    # From 100 to 120-140 is 30 more, at 10 each.
    assert now.cards[0].worth == 300
    assert "about <strong>$300</strong> a month" in shown
    assert "from 100 to 120–140" in shown
    assert "4–8 team-weeks" in shown
    assert "The contract" in shown
    assert "A faster register" in shown
    assert "The law asks for it." in shown
    assert [card.is_foreign for card in later.cards] == [False, True, False]
    assert [card.is_unvalued for card in later.cards] == [False, False, True]
    assert "unvalued" in shown
    assert "illustrative" in shown


def test_the_board_is_filtered_by_the_address_and_keeps_the_places(client, reader, roadmap):
    make.make_item(roadmap=roadmap, code="first", horizon="now")
    second = make.make_item(roadmap=roadmap, code="second", horizon="now", kind="quick_win")
    start_item(second, by=None)

    def found(**query):
        response = page(client, "roadmap-detail", "ahead", **query)
        return [(card.item.code, card.place) for column in response.context["board"].columns for card in column.cards]

    assert found() == [("first", 1), ("second", 2)]
    assert found(kind="quick_win") == found(state="started") == found(metric=second.metric.code) == [("second", 2)]
    assert len(found(product=second.product.code, champion=second.business_champion.username)) == 2
    wrong = page(client, "roadmap-detail", "ahead", team="nobody")
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    assert "Select a valid choice" in text(wrong)


def test_a_reader_sees_no_forms_and_no_handles(client, reader, roadmap):
    item = make.make_item(roadmap=roadmap, kind="retire")
    settled = [page(client, "roadmap-detail", "ahead"), page(client, "item-detail", item.code)]

    for shown in map(text, settled):
        assert "grab" not in shown
        assert "roadmap.js" not in shown
        for name in ("move", "start", "block", "ship", "drop", "edit", "settle"):
            assert reverse(f"roadmaps:item-{name}", args=[item.code]) not in shown


# -- Moving ----------------------------------------------------------------------------------------------------------


def test_an_item_is_moved_by_the_form_of_its_card_without_javascript(client, leader, roadmap):
    *_, three = (make.make_item(roadmap=roadmap, code=code, horizon="now") for code in ("one", "two", "three"))
    shown = text(page(client, "roadmap-detail", "ahead"))
    assert f'action="{reverse("roadmaps:item-move", args=["three"])}"' in shown

    response = client.post(
        reverse("roadmaps:item-move", args=["three"]) + "?state=planned", {"horizon": "now", "position": "1"}
    )
    assert response.url == reverse("roadmaps:roadmap-detail", args=["ahead"]) + "?state=planned"
    assert f"{three} is now 1 of 3 in Now." in text(client.get(response.url))
    assert horizon(roadmap, "now") == ["three", "one", "two"]

    post(client, "item-move", "three", horizon="now", position="2")
    post(client, "item-move", "one", horizon="next")
    assert (horizon(roadmap, "now"), horizon(roadmap, "next")) == (["three", "two"], ["one"])
    assert "stays 1 of 1 in Next" in text(
        client.post(reverse("roadmaps:item-move", args=["one"]), {"horizon": "next"}, follow=True)
    )


def test_the_script_moves_beside_another_item_and_gets_the_board_as_it_is(client, leader, roadmap):
    for code in ("one", "two", "three"):
        make.make_item(roadmap=roadmap, code=code, horizon="now")
    address = reverse("roadmaps:item-move", args=["three"])

    response = client.post(address, {"horizon": "now", "after": "one"}, **PART)

    assert horizon(roadmap, "now") == ["one", "three", "two"]
    assert "<html" not in text(response)
    assert "is now 2 of 3 in Now." in text(response)
    assert text(client.get(roadmap.get_absolute_url(), **PART)).lstrip().startswith('<div id="board"')


def test_a_move_that_is_refused_says_why_and_brings_the_board(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap, code="one", horizon="now")
    address = reverse("roadmaps:item-move", args=["one"])

    wrong = client.post(address, {"horizon": "soon"}, **PART)
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "no horizon; choose now, next or later" in text(wrong)

    ship_item(item, by=None)  # by somebody else, meanwhile
    over = client.post(address, {"horizon": "next"}, **PART)
    assert over.status_code == HTTPStatus.CONFLICT
    assert "it is over" in text(over)
    assert 'id="board"' in text(over)


def test_a_horizon_is_put_in_order_and_an_order_made_meanwhile_is_not_overwritten(client, leader, roadmap):
    items = [make.make_item(roadmap=roadmap, code=code, horizon="now") for code in ("one", "two", "three")]
    roadmap.refresh_from_db()
    seen = {"horizon": "now", "version": roadmap.version}

    post(client, "roadmap-reorder", "ahead", items=["one", "two", "three"], places=["3", "1", "2"], **seen)
    assert horizon(roadmap, "now") == ["two", "three", "one"]

    address = reverse("roadmaps:roadmap-reorder", args=["ahead"])
    late = client.post(address, {**seen, "items": ["one", "two", "three"]}, **PART)
    assert late.status_code == HTTPStatus.CONFLICT
    assert "changed the order of now since you read it" in text(late)
    bad = client.post(address, {**seen, "items": ["one"], "places": ["first"]}, **PART)
    assert "a whole number from 1 on" in text(bad)
    assert horizon(roadmap, "now") == ["two", "three", "one"]
    assert all(item.horizon == "now" for item in items)


# -- The forms -------------------------------------------------------------------------------------------------------


def test_a_roadmap_is_begun_and_changed_and_what_is_wrong_is_said_beside_its_field(client, leader):
    product, partner, owner = make.make_product(), make.make_user(), make.make_user()
    address = reverse("roadmaps:roadmap-add")
    given = {
        "name": "Renewals", "code": "renewals", "products": [product.pk], "business": [partner.pk],
        "technology": [partner.pk], "cadence_days": "91", "now_weeks": "13", "next_weeks": "26",
        "began_on": "2026-03-01",
    }  # fmt: skip

    wrong = client.post(address, given)
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "is on both sides" in wrong.context["form"].errors["technology"][0]

    client.post(address, given | {"technology": [owner.pk]})
    roadmap = Roadmap.objects.get(code="renewals")
    assert [member.user for member in roadmap.business] == [partner]

    edit = reverse("roadmaps:roadmap-edit", args=["renewals"])
    assert client.get(edit).context["form"].initial["technology"] == [owner.pk]
    client.post(edit, given | {"technology": [owner.pk], "name": "Renewals and refunds", "why": "One team."})
    roadmap.refresh_from_db()
    assert (roadmap.name, roadmap.changes.last().why) == ("Renewals and refunds", "One team.")

    # Somebody who opened the form before that is told, and saves again if they mean it.
    late = given | {"technology": [owner.pk], "name": "Refunds", "version": "1"}
    told = client.post(edit, late)
    assert told.status_code == HTTPStatus.CONFLICT
    assert "from “Renewals” to “Renewals and refunds”" in told.context["form"].errors["name"][0]
    client.post(edit, late | {"version": told.context["form"]["version"].value()})
    roadmap.refresh_from_db()
    assert roadmap.name == "Refunds"


def test_an_owner_is_offered_the_products_of_their_role(client):
    mine, other = make.make_product(), make.make_product()
    client.force_login(make.make_user("product_owner", product=mine))

    offered = page(client, "roadmap-add").context["form"].fields["products"].queryset

    assert (mine in offered, other in offered) == (True, False)


# -- What changed, and where else it shows ---------------------------------------------------------------------------


def test_every_change_is_told_with_its_number_who_made_it_and_why(client, reader, roadmap):
    somebody = make.make_user("leader")
    item = make.make_item(roadmap=roadmap, name="Renew by phone")
    move_item(item, horizon="now", why="Many asked.", by=somebody)

    shown = " ".join(text(page(client, "roadmap-history", "ahead")).split())

    assert "3. Item moved: Renew by phone" in shown
    assert str(somebody) in shown
    assert "Many asked." in shown
    assert "Later, place 1" in shown
    assert "Now, place 1" in shown


def test_the_page_of_a_product_shows_its_roadmaps_and_open_items_as_they_are(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap, name="Renew by phone")
    address = reverse("board:product", args=[item.product.code])
    assert "Renew by phone" in text(client.get(address))

    change_item(item, changes={"name": "Renew by call"}, by=None)

    shown = text(client.get(address))
    assert "The years ahead" in shown
    assert "Renew by call" in shown
    # As known at a moment, the product is shown without: a roadmap is shown as it is.
    assert "Renew by call" not in text(client.get(address, {"known": "2026-03-01T12:00Z"}))
