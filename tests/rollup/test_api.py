"""Standings, their headline and roll-ups over the API."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from portfolio.common import actions as rows
from portfolio.rollup import actions, reading
from portfolio.rollup.api import StandingSerializer
from portfolio.rollup.models import Run
from tests.factories import (
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db
STANDINGS, SUMMARY, RUNS = "/api/v1/standings/", "/api/v1/standings/summary/", "/api/v1/rollup-runs/"
JANUARY, FEBRUARY = date(2016, 1, 1), date(2016, 2, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 3, 31)
    cache.clear()


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user())
    return client


@pytest.fixture
def network(db):
    """Make a platform of 100 that passes half on to a service of 50, whose customers have 200 of value."""
    top = make_value_stream(code="transport")
    inner = make_value_stream(code="motoring", parent=top)
    platform = make_product(code="platform", kind="platform", stage="grow")
    tax = make_product(code="tax", value_stream=inner, stage="sustain")
    make_ledger_entry(product=platform, starts=JANUARY, amount=Decimal("100.00"))
    make_ledger_entry(product=tax, starts=JANUARY, amount=Decimal("50.00"))
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=JANUARY)
    metric = make_metric(product=tax)
    make_observation(metric=metric, starts=JANUARY, value=Decimal("100"))
    make_valuation(metric=metric, low=Decimal("2"), high=Decimal("2"), starts=JANUARY)
    actions.refresh_standings()
    return platform, tax


def test_figures_are_for_those_who_are_signed_in():
    for address in (STANDINGS, SUMMARY, RUNS):
        assert APIClient().get(address).status_code == 401


def test_a_standing_gives_amounts_and_ratios_as_strings_with_their_ranges(api, network):
    row = api.get(STANDINGS, {"product": "tax"}).json()["results"][0]
    assert (row["product"], row["value_stream"], row["from"], row["to"]) == ("tax", "motoring", "2015-02", "2016-01")
    assert (row["direct_cost"], row["loaded_cost"]) == ("50.00", "100.00")
    assert (row["own_value"], row["reached_value"], row["credited_value"]) == ("200.00", "200.00", "100.00")
    assert (row["direct"], row["loaded"], row["credited"]) == ("4.000000", "2.000000", "2.000000")
    for name in ("own_value", "reached_value", "credited_value", "direct", "loaded", "credited"):
        assert row[f"{name}_low"] == row[f"{name}_high"] == row[name]
    assert (row["evidence"], row["is_valued"], row["is_blocked"]) == ("asserted", True, False)


def test_without_figures_the_list_is_empty_and_the_summary_says_what_to_do(api):
    assert api.get(STANDINGS).json() == {"count": 0, "next": None, "previous": None, "results": []}
    response = api.get(SUMMARY)
    assert response.status_code == 400
    assert "There are no figures yet" in response.json()["detail"]


def test_a_window_is_named_or_goes_from_month_to_month(api, network):
    make_ledger_entry(product=network[1], starts=FEBRUARY, amount=Decimal("50.00"))
    actions.refresh_standings()

    def cost(**query) -> str:
        return api.get(STANDINGS, {"product": "tax"} | query).json()["results"][0]["direct_cost"]

    assert cost() == cost(window="t12m") == cost(window="quarter") == "100.00"
    assert cost(**{"from": "2016-01", "to": "2016-01"}) == "50.00"
    assert cost(**{"from": "2016-03", "to": "2016-03"}) == "0.00"


def test_value_streams_count_with_those_below_them(api, network):
    found = api.get(STANDINGS, {"value_stream": "transport"}).json()["results"]
    assert [row["product"] for row in found] == ["tax"]


def test_products_can_be_chosen_by_what_they_are(api, network):
    def codes(**query) -> list[str]:
        return [row["product"] for row in api.get(STANDINGS, query).json()["results"]]

    assert codes() == ["platform", "tax"]
    assert codes(stage="grow") == codes(kind="platform") == codes(search="plat") == ["platform"]
    assert codes(product="tax,platform", evidence="asserted") == ["platform", "tax"]
    assert codes(valued="no") == []


def test_what_was_known_at_a_moment_is_still_to_be_had(api, network):
    before = timezone.now()
    entry = network[1].ledger_entries.get()
    rows.correct(entry, changes={"amount": Decimal("100.00")}, reason="Two digits were swapped", by=None)
    actions.refresh_standings()
    assert api.get(STANDINGS, {"product": "tax"}).json()["results"][0]["direct_cost"] == "100.00"
    then = api.get(STANDINGS, {"product": "tax", "known": before.isoformat()}).json()["results"][0]
    assert (then["direct_cost"], then["credited"]) == ("50.00", "2.000000")
    assert api.get(SUMMARY, {"known": before.isoformat()}).json()["credited"] == "1.333333"


@pytest.mark.parametrize(
    ("query", "attr", "found"),
    [
        ({"from": "2016-01"}, "to", "needs both"),
        ({"from": "2016-03", "to": "2016-01"}, "to", "after it ends"),
        ({"from": "2016-13", "to": "2016-01"}, "from", "not a month"),
        ({"from": "1950-01", "to": "2016-01"}, "to", "longer than"),
        ({"window": "decade"}, "window", "valid choice"),
        ({"known": "now"}, "known", "not a moment"),
        ({"product": "nothing"}, "product", "no product with the code"),
        ({"stage": "dead"}, "stage", "valid choice"),
    ],
)
@pytest.mark.parametrize("address", [STANDINGS, SUMMARY])
def test_what_cannot_be_asked_is_a_problem_that_names_the_parameter(api, network, address, query, attr, found):
    response = api.get(address, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    error = response.json()["errors"][0]
    assert error["attr"] == attr
    assert found in error["detail"]


def test_standings_come_in_pages(api, network):
    first = api.get(STANDINGS, {"page_size": 1}).json()
    assert (first["count"], [row["product"] for row in first["results"]]) == (2, ["platform"])
    assert [row["product"] for row in api.get(first["next"]).json()["results"]] == ["tax"]
    assert api.get(STANDINGS, {"page": 9}).status_code == 404


def test_the_summary_is_the_headline_of_what_is_chosen(api, network):
    whole = api.get(SUMMARY).json()
    assert (whole["direct_cost"], whole["credited_value"], whole["credited"]) == ("150.00", "200.00", "1.333333")
    assert (whole["credited_low"], whole["credited_high"]) == ("1.333333", "1.333333")
    assert (whole["products"], whole["valued"], whole["year_before"]) == (2, 2, None)
    assert whole["run"]["id"] == Run.objects.first().pk
    assert whole["freshness"]["stale"] == 0
    part = api.get(SUMMARY, {"product": "platform"}).json()
    assert (part["direct_cost"], part["credited_value"], part["credited"]) == ("100.00", "100.00", "1.000000")


def test_the_months_of_the_summary_add_up_to_it(api, network):
    make_ledger_entry(product=network[1], starts=FEBRUARY, amount=Decimal("33.33"))
    actions.refresh_standings()
    summary = api.get(SUMMARY).json()
    assert len(summary["months"]) == 12
    for name in ("direct_cost", "credited_value"):
        assert sum(Decimal(month[name]) for month in summary["months"]) == Decimal(summary[name])


def test_the_summary_says_what_waits_and_what_is_blocked(api, network):
    one, other = make_product(), make_product()
    make_link(supplier=one, consumer=other, share=1, starts=FEBRUARY)
    make_link(supplier=other, consumer=one, share=1, starts=FEBRUARY)
    make_ledger_entry(product=one, starts=FEBRUARY)
    actions.refresh_standings()
    make_ledger_entry(product=network[1], starts=JANUARY)
    fresh = api.get(SUMMARY).json()["freshness"]
    assert fresh["blocked"] == ["2016-02"]
    assert fresh["stale"] == 1


@pytest.mark.parametrize("address", [STANDINGS, SUMMARY, f"{STANDINGS}?from=2016-01&to=2016-02&stage=explore", RUNS])
def test_lists_take_as_many_queries_for_twenty_products_as_for_one(
    api, address, django_assert_num_queries, django_assert_max_num_queries
):
    make_ledger_entry(starts=JANUARY)
    actions.refresh_standings()
    with django_assert_max_num_queries(100) as first:
        api.get(address)
    for _ in range(19):
        make_ledger_entry(starts=FEBRUARY)
    actions.refresh_standings()
    with django_assert_num_queries(len(first)):
        api.get(address)


# -- roll-ups --------------------------------------------------------------------------------------------------


def test_runs_say_why_they_ran_and_whether_their_sums_held(api, network):
    run = api.get(RUNS).json()["results"][0]
    assert run["has_held"] is True
    assert run["invariants"]["value_credited"]["held"] is True
    assert api.get(f"{RUNS}{run['id']}/").json() == run
    assert [one["id"] for one in api.get(RUNS, {"is_full": "true"}).json()["results"]] == []


@pytest.mark.parametrize("role", ["leader", "finance_partner"])
def test_a_leader_and_a_finance_partner_may_start_a_full_roll_up(role, network, django_capture_on_commit_callbacks):
    client = APIClient()
    client.force_authenticate(make_user(role))
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(RUNS)
    assert response.status_code == 202
    assert Run.objects.first().is_full
    assert Run.objects.first().cause == response.json()["cause"]


def test_nobody_else_may_start_a_roll_up(network):
    for user in (make_user(), make_user("product_owner"), make_user("leader", product=network[0])):
        client = APIClient()
        client.force_authenticate(user)
        response = client.post(RUNS)
        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"
    assert not Run.objects.filter(is_full=True).exists()


def test_a_standing_is_told_as_its_schema_says(api, network):
    found = api.get(STANDINGS).json()["results"]
    asked = reading.asked()
    rows = [row for row in reading.read_standings(asked) if row.product_id]
    rows.sort(key=lambda row: row.product.code)
    assert found == StandingSerializer(rows, many=True).data
    assert [list(one) for one in found] == [list(one) for one in StandingSerializer(rows, many=True).data]


def test_standings_that_were_asked_for_cost_no_query_for_their_figures_until_there_are_others(
    api, network, django_assert_num_queries
):
    first = api.get(STANDINGS).json()
    with django_assert_num_queries(1):  # whether anything has changed
        assert api.get(STANDINGS).json() == first
    make_ledger_entry(product=network[1], starts=JANUARY, amount=Decimal("10.00"))
    actions.refresh_standings()
    assert api.get(STANDINGS).json() != first
