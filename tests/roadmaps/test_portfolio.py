"""The portfolio's roadmap: the items of all roadmaps, grouped, filtered and paged."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps.across import FIRST_SHOWN, GROUPS_A_PAGE, ONE_GROUP_SHOWN
from products.roadmaps.across_filters import By
from products.roadmaps.item_actions import drop_item, ship_item
from products.roadmaps.models import Item
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def in_march(settings, client):
    settings.TWOFOLD_TODAY = TODAY
    client.force_login(make.make_user())


def page(client, **query):
    response = client.get(reverse("roadmaps:roadmap-portfolio"), query)
    assert response.status_code == HTTPStatus.OK
    return response


def text(response) -> str:
    return response.content.decode()


def groups(client, **query) -> dict[str, list[list[str]]]:
    """Return the codes of the items in each column of each group."""
    found = page(client, **query).context["across"].groups
    return {group.name: [[card.item.code for card in column.cards] for column in group.columns] for group in found}


def many(count: int, **given) -> None:
    """Put many items beside one that is there, in one statement."""
    first = make.make_item(**given)
    fields = {
        field.attname: getattr(first, field.attname) for field in Item._meta.concrete_fields if field.name != "id"
    }
    Item.objects.bulk_create(
        Item(**fields | {"code": f"{first.code}-{number}", "rank": number}) for number in range(1, count)
    )


def test_with_nothing_to_do_it_says_so(client):
    assert "Nothing is to be done on any roadmap" in text(page(client))


def test_items_of_all_roadmaps_stand_together_by_outcome_stream_team_or_partner(client):
    streams = [make.make_value_stream(name=name) for name in ("Driving", "Parking")]
    products = [make.make_product(value_stream=stream) for stream in streams]
    partner = make.make_user()
    partner.first_name, partner.last_name = "Ada", "Byron"
    partner.save()
    roadmaps = [make.make_roadmap(products=[product], business=[partner]) for product in products]
    metric = make.make_metric(product=products[0], name="Renewals")
    team = make.make_team(name="Owls")
    make.make_item(roadmap=roadmaps[0], code="now", metric=metric, horizon="now", team=team)
    make.make_item(roadmap=roadmaps[0], code="later", metric=metric, horizon="later")
    make.make_item(roadmap=roadmaps[1], code="next", metric=None, horizon="next", team=team)

    assert groups(client) == {"Renewals": [["now"], [], ["later"]], "No metric": [[], ["next"], []]}
    assert groups(client, by="stream") == {"Driving": [["now"], [], ["later"]], "Parking": [[], ["next"], []]}
    assert groups(client, by="team") == {
        "Owls": [["now"], ["next"], []],
        "Any team of the product": [[], [], ["later"]],
    }
    assert groups(client, by="partner") == {"Ada Byron": [["now"], ["next"], ["later"]]}


def test_what_is_shipped_or_dropped_is_not_to_be_done(client):
    ship_item(make.make_item(), by=None)
    drop_item(make.make_item(), why="Nobody wants it.", by=None)
    assert groups(client) == {}


def test_filters_are_in_the_address(client):
    above = make.make_value_stream(code="above")
    below = make.make_value_stream(code="below", parent=above)
    product = make.make_product(code="tax", value_stream=below)
    roadmap = make.make_roadmap(products=[product])
    team = make.make_team(code="owls")
    one = make.make_item(roadmap=roadmap, code="one", name="Renew by phone", team=team, kind="quick_win", horizon="now")
    make.make_item(code="other")

    champion = one.business_champion.username
    for query in (
        {"value_stream": "above"}, {"product": "tax"}, {"team": "owls"}, {"kind": "quick_win"}, {"horizon": "now"},
        {"search": "PHONE"}, {"partner": champion},
    ):  # fmt: skip
        assert list(groups(client, by="partner", **query).values()) == [[["one"], [], []]], query
    assert groups(client, state="blocked") == {}
    assert "No items match" in text(page(client, state="blocked"))


def test_promises_are_summed_by_currency_and_said_to_overlap(client):
    stream = make.make_value_stream(name="Driving")
    product = make.make_product(value_stream=stream)
    roadmap = make.make_roadmap(products=[product])
    pounds, euros, unvalued = (make.make_metric(product=product) for _ in range(3))
    make.make_valuation(metric=pounds, low=Decimal(2), high=Decimal(2), currency="GBP")
    make.make_valuation(metric=euros, low=Decimal(3), high=Decimal(3), currency="EUR")
    for metric in (pounds, pounds, euros, unvalued):
        make.make_item(roadmap=roadmap, metric=metric)  # from 100 to 120-140: 30 more a month
    response = page(client, by="stream")
    (group,) = response.context["across"].groups

    assert group.amounts == {"GBP": Decimal(120), "EUR": Decimal(90)}
    assert (group.overlapping, group.unvalued) == (2, 1)
    assert "2 of these promises share a metric with another one" in text(response)
    assert "1 promise on metrics with no worth yet" in text(response)


def test_a_card_names_what_its_item_waits_for(client):
    needed = make.make_item(name="A register of addresses")
    make.make_item(needs=[needed], name="Renew by phone")
    assert 'A register of addresses</a> <span class="quiet">of' in text(page(client))


def test_a_long_column_shows_its_first_items_and_the_way_to_all_of_them(client):
    many(ONE_GROUP_SHOWN + 2, horizon="now")
    response = page(client)
    column = response.context["across"].groups[0].columns[0]
    assert (len(column.cards), column.more) == (FIRST_SHOWN // 3, ONE_GROUP_SHOWN + 2 - FIRST_SHOWN // 3)

    address = response.context["across"].groups[0].address
    shown = [groups(client, group=address, horizon="now", page=number) for number in (1, 2)]
    codes = [code for found in shown for columns in found.values() for code in columns[0]]
    assert len(codes) == len(set(codes)) == ONE_GROUP_SHOWN + 2
    assert codes == list(Item.objects.order_by("rank", "pk").values_list("code", flat=True))


def test_groups_come_in_pages_and_one_that_is_not_there_is_all(client):
    roadmap = make.make_roadmap()
    for _ in range(GROUPS_A_PAGE + 1):
        make.make_item(roadmap=roadmap)
    assert [len(groups(client, page=number)) for number in (1, 2)] == [GROUPS_A_PAGE, 1]
    assert len(groups(client, group="metric:nowhere")) == GROUPS_A_PAGE
    assert len(groups(client, group="team:", by="team")) == 1
    assert len(groups(client, group="team:", by="metric")) == GROUPS_A_PAGE


def test_it_takes_as_many_queries_for_many_items_as_for_one(client):
    def queries(by: str) -> list[str]:
        page(client, by=by)
        with CaptureQueriesContext(connection) as found:
            page(client, by=by)
        return [query["sql"] for query in found]

    make.make_item(team=make.make_team(), needs=[make.make_item()])
    before = {by: queries(by) for by in By}
    for _ in range(19):
        make.make_item(team=make.make_team(), needs=[make.make_item()])
    for by in By:
        after = queries(by)
        assert len(after) == len(before[by]), "\n".join(after)


def test_htmx_gets_the_groups_alone(client):
    make.make_item(name="Renew by phone")
    response = client.get(reverse("roadmaps:roadmap-portfolio"), headers={"HX-Request": "true"})
    assert "Renew by phone" in text(response)
    assert "<html" not in text(response)
