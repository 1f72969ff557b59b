"""Roadmaps and their items by the API: changed only by who saw what they change, and with few queries."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio.common.models import User
from products.roadmaps.contributions import INTERESTS, VestedInterest
from products.roadmaps.item_actions import change_item
from products.roadmaps.models import Item, Roadmap
from products.roadmaps.order_actions import reorder
from tests import factories as make

pytestmark = pytest.mark.django_db

ROADMAPS, ITEMS = "/api/v1/roadmaps/", "/api/v1/roadmap-items/"


@pytest.fixture
def api(client):
    """A client of somebody who may do everything, that sends JSON."""
    client.force_login(User.objects.create_superuser("root"))
    for name in ("post", "patch"):
        send = getattr(client, name)

        def send_json(address, body=None, *, seen=None, send=send):
            headers = {"If-Match": seen} if seen else {}
            return send(address, body if body is not None else {}, content_type="application/json", headers=headers)

        setattr(client, name, send_json)
    return client


@pytest.fixture
def roadmap(db):
    made = make.make_roadmap(code="ahead", products=[make.make_product(code="tax")])
    for code in "abc":
        make.make_item(roadmap=made, code=code)
    return made


def test_a_roadmap_is_begun_read_and_changed_with_its_members(api):
    make.make_product(code="tax")
    for name in ("bea", "ted", "tom"):
        make.User.objects.create(username=name)
    body = {"code": "ahead", "name": "Ahead", "products": ["tax"], "business": ["bea"], "technology": ["ted"]}

    made = api.post(ROADMAPS, body)

    assert made.status_code == 201, made.content
    assert made.json().items() >= body.items()
    assert made["ETag"] == '"1"'
    changed = api.patch(f"{ROADMAPS}ahead/", {"technology": ["tom", "ted"], "why": "Tom joins."}, seen='"1"')
    assert changed.status_code == 200, changed.content
    assert sorted(changed.json()["technology"]) == ["ted", "tom"]
    assert changed.json()["business"] == ["bea"]
    assert Roadmap.objects.get().changes.last().why == "Tom joins."


def test_a_roadmap_of_one_side_is_refused_with_what_is_missing(api):
    make.make_product(code="tax")
    body = {"code": "ahead", "name": "Ahead", "products": ["tax"], "business": [], "technology": ["root"]}

    refused = api.post(ROADMAPS, body)

    assert refused.status_code == 400
    assert [error["attr"] for error in refused.json()["errors"]] == ["business"]


@pytest.mark.parametrize("address", [f"{ROADMAPS}ahead/", f"{ITEMS}a/"])
def test_a_change_names_the_version_that_was_seen(api, roadmap, address):
    seen = api.get(address)["ETag"]

    assert api.patch(address, {"name": "First"}).status_code == 428
    assert api.patch(address, {"name": "First"}, seen=seen).status_code == 200
    late = api.patch(address, {"name": "Second"}, seen=seen)

    assert late.status_code == 412
    assert late.json().items() >= {"field": "name", "new": "First", "by": "root"}.items()
    assert api.get(address).json()["name"] == "First"
    # Of another field nothing was missed.
    other = {"purpose": "More."} if address.startswith(ROADMAPS) else {"description": "More."}
    assert api.patch(address, other, seen=seen).status_code == 200


def test_an_item_is_added_with_its_promise_and_what_that_is_worth(api, roadmap):
    metric = make.make_metric(code="renewals", product=roadmap.products.get())
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2))
    business, technology = (roadmap.members_on(side)[0].user.username for side in ("business", "technology"))
    body = {
        "code": "by-phone", "roadmap": "ahead", "product": "tax", "name": "By phone", "horizon": "now",
        "metric": "renewals", "metric_from": "100", "metric_low": "120", "metric_high": "140", "by_when": "2026-12-31",
        "effort_low": "4", "effort_high": "8.5", "business_champion": business, "technology_champion": technology,
        "needs": ["a", "b"],
    }  # fmt: skip

    made = api.post(ITEMS, body)

    assert made.status_code == 201, made.content
    shown = made.json()
    assert shown["worth"]["expected"] == "60.00"
    assert shown["needs"] == ["a", "b"]
    assert (shown["state"], shown["effort_high"], shown["metric_low"]) == ("planned", "8.5", "120.0000")
    again = api.patch(f"{ITEMS}by-phone/", {"needs": ["c"], "metric_high": "160"}, seen=made["ETag"])
    assert again.json()["needs"] == ["c"]
    assert again.json()["worth"]["expected"] == "80.00"


@pytest.mark.parametrize(
    ("field", "told"),
    [("state", "start"), ("horizon", "move"), ("version", "Known ones"), ("colour", "no field 'colour'")],
)
def test_a_field_that_is_not_to_be_changed_is_refused_and_not_passed_over(api, roadmap, field, told):
    refused = api.patch(f"{ITEMS}a/", {"name": "New", field: "now"}, seen='"99"')

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["attr"] == field
    assert told in error["detail"]
    assert Item.objects.get(code="a").name != "New"


def test_an_item_without_a_metric_is_refused_in_the_houses_form(api, roadmap):
    no_metric = dict.fromkeys(("metric", "metric_from", "metric_low", "metric_high", "by_when"))

    refused = api.patch(f"{ITEMS}a/", no_metric, seen='"99"')

    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert "Name the customer metric" in refused.json()["detail"]


def test_an_item_is_moved_and_brought_on_step_by_step(api, roadmap):
    def step(name, **body):
        answer = api.post(f"{ITEMS}c/{name}/", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    assert step("move", horizon="later", before="a")["horizon"] == "later"
    assert list(roadmap.items.in_order().values_list("code", flat=True)) == ["c", "a", "b"]
    assert step("start", on="2026-01-05")["started_on"] == "2026-01-05"
    assert step("block", blocked_by="No test data.")["state"] == "blocked"
    assert step("ship", on="2026-02-05")["ended_on"] == "2026-02-05"
    assert api.post(f"{ITEMS}c/drop/", {"why": "Too late."}).status_code == 400
    assert api.post(f"{ITEMS}a/drop/", {"why": "Too dear."}).json()["state"] == "dropped"
    assert api.post(f"{ITEMS}b/move/", {"horizon": "now", "after": "a", "before": "c"}).status_code == 400


def test_an_order_is_made_on_the_one_that_was_seen(api, roadmap):
    seen = api.get(f"{ROADMAPS}ahead/")["ETag"]
    body = {"roadmap": "ahead", "horizon": "later", "items": ["c", "a", "b"]}

    assert api.post(f"{ITEMS}reorder/", body).status_code == 428
    made = api.post(f"{ITEMS}reorder/", body, seen=seen)
    assert made.json()["items"] == ["c", "a", "b"]
    assert made["ETag"] == f'"{made.json()["version"]}"'
    reorder(roadmap, horizon="later", codes=["b", "a", "c"], by=None)
    assert api.post(f"{ITEMS}reorder/", body, seen=made["ETag"]).status_code == 412


def test_interests_in_what_retires_are_read_and_settled(api, monkeypatch, roadmap):
    make.make_item(roadmap=roadmap, code="no-paper", kind="retire", metric=None)
    mine = VestedInterest("team:ours", "Teams", "Our team")
    monkeypatch.setattr("products.roadmaps.contributions.INTERESTS", [*INTERESTS, lambda product, on: [mine]])
    rows = {row["key"]: row for row in api.get(f"{ITEMS}no-paper/interests/").json()}
    assert rows["team:ours"]["goes_to"] is None

    refused = api.post(f"{ITEMS}no-paper/settle/", {"key": "team:theirs", "goes_to": "Home"})
    assert refused.json()["errors"][0]["attr"] == "key"
    settled = api.post(f"{ITEMS}no-paper/settle/", {"key": "team:ours", "goes_to": "To payments."})

    (row,) = (one for one in settled.json() if one["key"] == "team:ours")
    assert (row["goes_to"], row["settled_by"]) == ("To payments.", "root")
    assert api.get(f"{ITEMS}a/interests/").json() == []


def test_items_are_found_by_what_they_say(api):
    top = make.make_value_stream(code="top")
    below = make.make_value_stream(code="below", parent=top)
    roadmap = make.make_roadmap(code="ahead", products=[make.make_product(code="tax", value_stream=below)])
    team, metric = make.make_team(code="ours"), make.make_metric(code="renewals", product=roadmap.products.get())
    found = make.make_item(code="by-phone", roadmap=roadmap, team=team, metric=metric, kind="quick_win", horizon="now")
    make.make_item(metric=None, code="other")

    for asked in (
        {"roadmap": "ahead"}, {"product": "tax"}, {"value_stream": "top"}, {"kind": "quick_win"}, {"horizon": "now"},
        {"metric": "renewals"}, {"team": "ours"}, {"champion": found.business_champion.username},
        {"due_before": "2027-01-01"}, {"exception": "false"}, {"search": "by-ph"},
    ):  # fmt: skip
        assert [row["code"] for row in api.get(ITEMS, asked).json()["results"]] == ["by-phone"], asked
    assert [row["code"] for row in api.get(ITEMS, {"exception": "true"}).json()["results"]] == ["other"]
    assert api.get(ITEMS, {"due_before": "2026-12-31", "exception": "false"}).json()["results"] == []
    assert api.get(ITEMS, {"state": "shipped"}).json()["results"] == []


@pytest.mark.parametrize("address", [ROADMAPS, ITEMS])
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_one(api, address):
    def add():
        item = make.make_item(needs=[make.make_item()])
        make.make_valuation(metric=item.metric)

    def queries():
        api.get(address)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert api.get(address).status_code == 200
        return len(found)

    add()
    few = queries()
    for _ in range(19):
        add()
    assert queries() == few


def test_only_who_may_edit_a_roadmap_writes_to_its_items(client, roadmap):
    owner = make.make_user("product_owner", product=make.make_product())
    client.force_login(owner)
    before = Item.objects.get(code="a").version

    for address, body in (("a/start/", {}), ("a/move/", {"horizon": "now"}), ("a/drop/", {"why": "No."})):
        assert client.post(f"{ITEMS}{address}", body, content_type="application/json").status_code == 403
    order = {"roadmap": "ahead", "horizon": "later", "items": ["b", "a"]}
    refused = client.post(
        f"{ITEMS}reorder/", order, content_type="application/json", headers={"If-Match": f'"{roadmap.version}"'}
    )
    assert refused.status_code == 403
    assert Item.objects.get(code="a").version == before


def test_a_change_by_the_page_counts_for_the_api_too(api, roadmap):
    seen = api.get(f"{ITEMS}a/")["ETag"]
    change_item(Item.objects.get(code="a"), changes={"effort_high": Decimal(9)}, by=None)

    late = api.patch(f"{ITEMS}a/", {"effort_high": "10"}, seen=seen)

    assert late.status_code == 412
    assert (late.json()["old"], late.json()["new"]) == ("8", "9")
