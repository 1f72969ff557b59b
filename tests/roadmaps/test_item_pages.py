"""Pages of items: the form, how far one is, and what is retired."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus

import pytest
from django.urls import reverse

from products.roadmaps.contributions import interests_in
from products.roadmaps.item_actions import change_item, drop_item
from products.roadmaps.models import Item, State
from products.roadmaps.retiring import settle_interest
from tests import factories as make
from tests.roadmaps.asking import TODAY, page, post, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_march")]


# -- The form -------------------------------------------------------------------------------------------------------


def typed(item: Item, **changes) -> dict:
    """Return what a browser would send of the form of an item."""
    names = (
        "name", "description", "kind", "metric_from", "metric_low", "metric_high", "by_when", "exception",
        "effort_low", "effort_high",
    )  # fmt: skip
    rows = ("product", "metric", "business_champion", "technology_champion")
    stored = {name: getattr(item, name) for name in names} | {name: getattr(item, f"{name}_id") for name in rows}
    return {name: value for name, value in stored.items() if value is not None} | {"version": item.version} | changes


def test_an_item_is_added_to_the_roadmap_that_is_named_with_what_it_waits_for(client, leader, roadmap):
    here, elsewhere = make.make_item(roadmap=roadmap), make.make_item()
    given = typed(here, code="new", name="New", horizon="next", needs=[here.pk], needs_elsewhere=elsewhere.code)
    address = reverse("roadmaps:item-add")
    assert client.get(address).context["form"].fields["roadmap"].queryset.contains(roadmap)
    begun = client.get(f"{address}?roadmap=ahead").context["form"]
    assert begun["product"].value() == here.product_id
    assert begun["business_champion"].value() == roadmap.business[0].user_id

    response = client.post(f"{address}?roadmap=ahead", given)
    item = Item.objects.get(code="new")

    assert response.url == item.get_absolute_url()
    assert (item.roadmap, item.horizon) == (roadmap, "next")
    assert set(item.needs) == {here, elsewhere}


def test_an_item_without_a_metric_needs_a_reason_and_codes_that_nobody_has_are_named(client, leader, roadmap):
    metric = dict.fromkeys(("metric", "metric_from", "metric_low", "metric_high", "by_when"), "")
    given = typed(make.make_item(roadmap=roadmap), code="new", horizon="now")
    address = reverse("roadmaps:item-add") + "?roadmap=ahead"

    response = client.post(address, given | metric)
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "kept only with a reason" in text(response)

    response = client.post(address, given | {"needs_elsewhere": "nowhere"})
    assert "No other item has the code" in response.context["form"].errors["needs_elsewhere"][0]
    assert not Item.objects.filter(code="new").exists()


def test_an_edit_of_what_somebody_else_changed_says_so_and_keeps_what_was_typed(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap, name="Renew by phone")
    address = reverse("roadmaps:item-edit", args=[item.code])
    mine = typed(item, name="Renew by telephone", effort_high="9")
    ada = make.make_user("leader")
    change_item(item, changes={"name": "Renew by call", "description": "Theirs."}, by=ada)

    response = client.post(address, mine)
    form = response.context["form"]

    assert response.status_code == HTTPStatus.CONFLICT
    assert f"{ada} changed this from “Renew by phone” to “Renew by call”" in form.errors["name"][0]
    assert form["name"].value() == "Renew by telephone"
    assert form["effort_high"].value() == "9"
    assert form["description"].value() == "Theirs."  # what was not typed over is theirs
    item.refresh_from_db()
    assert item.name == "Renew by call"

    again = mine | {"version": form["version"].value(), "description": form["description"].value()}
    assert client.post(address, again).status_code == HTTPStatus.FOUND
    item.refresh_from_db()
    assert (item.name, item.description, item.effort_high) == ("Renew by telephone", "Theirs.", 9)


def test_edits_of_different_fields_are_both_kept(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap, name="Renew by phone")
    mine = typed(item, effort_high="9")
    change_item(item, changes={"name": "Renew by call"}, by=None)

    post(client, "item-edit", item.code, **mine)

    item.refresh_from_db()
    assert (item.name, item.effort_high) == ("Renew by call", 9)


# -- The item --------------------------------------------------------------------------------------------------------


def test_an_item_shows_its_worth_with_its_evidence_and_what_waits_for_what(client, reader, roadmap):
    metric = make.make_metric(product=roadmap.products.get())
    make.make_valuation(metric=metric, low=Decimal(10), high=Decimal(10), source="Study 7", starts=date(2026, 1, 1))
    needed = make.make_item(name="A faster register")
    item = make.make_item(roadmap=roadmap, metric=metric, needs=[needed])
    waiting = make.make_item(name="Refunds in a day", needs=[item])
    change_item(item, changes={"description": "By phone."}, why="They asked.", by=None)

    shown = text(page(client, "item-detail", item.code))

    for words in ("$300", "Study 7", "A faster register", str(waiting), str(waiting.roadmap), "They asked."):
        assert words in shown


def test_an_item_goes_from_started_to_blocked_to_shipped(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap)

    def state():
        item.refresh_from_db()
        return item.state

    post(client, "item-start", item.code)
    assert state() == State.STARTED
    assert post(client, "item-block", item.code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    post(client, "item-block", item.code, blocked_by="The contract")
    assert state() == State.BLOCKED
    late = post(client, "item-ship", item.code, on="2026-03-03")
    assert "has not come yet" in late.context["form"].errors["on"][0]
    post(client, "item-ship", item.code, on="2026-03-01")
    assert state() == State.SHIPPED
    assert "it is over" in text(client.post(reverse("roadmaps:item-start", args=[item.code]), follow=True))


def test_an_item_that_others_wait_for_is_not_dropped(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap)
    waiting = make.make_item(roadmap=roadmap, needs=[item])

    refused = post(client, "item-drop", item.code, why="No longer wanted.")
    assert f"{waiting} waits for {item}" in text(refused)

    drop_item(waiting, why="No.", by=None)
    post(client, "item-drop", item.code, why="No longer wanted.")
    assert "No longer wanted." in text(page(client, "item-detail", item.code))


# -- Retiring --------------------------------------------------------------------------------------------------------


def test_every_room_tells_what_rests_on_a_product():
    product, other = make.make_product(), make.make_product()
    roadmap = make.make_roadmap(products=[product])
    item = make.make_item(roadmap=roadmap)
    waiting = make.make_item(needs=[item])
    gone = {"starts": date(2026, 1, 1), "ends": date(2026, 3, 1)}
    comes = {"starts": date(2026, 4, 1)}
    team, later = make.make_team(), make.make_team()
    stream = make.make_stream()
    expected = {
        f"assignment:{make.make_assignment(team=team, product=product).pk}",
        f"assignment:{make.make_assignment(team=later, product=product, **comes).pk}",
        *(f"member:{member.pk}" for member in roadmap.members.all()),
        f"dependency:{waiting.waits_for.get().pk}",
        f"segment:{make.make_segment(product=product).pk}",
        f"link:{make.make_link(supplier=product, consumer=other).pk}",
        f"allocation:{make.make_allocation(stream=stream, product=product).pk}",
        f"commitment:{make.make_commitment(product=product, starts=date(2026, 3, 1), ends=date(2026, 5, 1)).pk}",
    }
    make.make_assignment(team=make.make_team(), product=product, **gone)
    make.make_link(supplier=product, consumer=make.make_product(), **gone)
    make.make_link(supplier=other, consumer=product)
    make.make_allocation(stream=make.make_stream(), product=product, **gone)
    make.make_commitment(product=product, **gone)
    make.make_item(roadmap=roadmap, needs=[item])  # of the product itself, which goes with it

    found = interests_in(product, TODAY)

    assert {one.key for one in found} == expected
    assert all(one.name and one.kind and one.href for one in found)


def test_what_retires_is_done_only_once_every_interest_says_where_it_goes(client, leader, roadmap):
    item = make.make_item(roadmap=roadmap, metric=None, kind="retire")
    segment = make.make_segment(product=item.product, name="Drivers")

    refused = post(client, "item-ship", item.code, on="2026-03-01")
    assert "3 interests in what" in text(refused)
    shown = text(page(client, "item-settle", item.code))
    assert "Drivers" in shown
    assert "3 of 3 are open" in shown

    unsaid = post(client, "item-settle", item.code, key=f"segment:{segment.pk}", goes_to="")
    assert unsaid.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    post(client, "item-settle", item.code, key=f"segment:{segment.pk}", goes_to="To the online service")
    for member in roadmap.members.all():
        settle_interest(item, key=f"member:{member.pk}", goes_to="Nowhere: it is over.", by=None)
    assert "it can be marked done" in text(page(client, "item-settle", item.code))

    post(client, "item-ship", item.code, on="2026-03-01")
    item.refresh_from_db()
    assert item.is_shipped
    assert "To the online service" in text(page(client, "item-detail", item.code))
