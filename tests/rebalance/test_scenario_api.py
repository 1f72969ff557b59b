"""The API of scenarios and elasticities."""

from decimal import Decimal

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.models import Elasticity, Scenario
from tests.factories import make_allocation, make_elasticity, make_product, make_scenario, make_user, make_value_stream
from tests.rebalance.conftest import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    """A caller who is a leader."""
    client = APIClient()
    client.user = make_user("leader")
    client.force_authenticate(client.user)
    return client


def at(scenario, *more) -> str:
    return "/".join(["/api/v1/scenarios", str(scenario.pk), *more, ""])


def line_of(scenario, code):
    return scenario.lines.get(product__code=code)


def patch(api, scenario, body, match='"1"'):
    return api.patch(at(scenario), body, format="json", headers={"If-Match": match} if match else {})


@pytest.mark.parametrize(("path", "make"), [("scenarios", make_scenario), ("elasticities", make_elasticity)])
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    api, path, make, django_assert_num_queries, django_assert_max_num_queries
):
    make()
    with django_assert_max_num_queries(5) as first:
        api.get(f"/api/v1/{path}/")
    once = len(first)
    for _ in range(19):
        make()
    with django_assert_num_queries(once):
        answer = api.get(f"/api/v1/{path}/")
    assert len(answer.json()["results"]) == 20


def test_one_scenario_has_the_same_number_of_queries_at_few_lines_and_at_many(
    api, bold, services, django_assert_num_queries, django_assert_max_num_queries
):
    for _ in range(20):
        make_allocation(stream=services.fees)
    large = make_scenario(by=api.user)
    for scenario in (bold, large):
        api.get(at(scenario, "preview"))
    for path in ((), ("preview",)):
        with django_assert_max_num_queries(40) as few:
            api.get(at(bold, *path))
        once = len(few)
        with django_assert_num_queries(once):
            api.get(at(large, *path))


def test_a_scenario_is_read_with_its_lines_and_its_etag(api, bold):
    answer = api.get(at(bold))
    assert answer["ETag"] == '"1"'
    found = answer.json()
    assert (found["name"], found["version"], found["made_by"]) == ("Bold", 1, bold.made_by.username)
    [line] = [line for line in found["lines"] if line["product"] == "low"]
    assert line == {
        "id": line_of(bold, "low").pk,
        "stream": "fees",
        "product": "low",
        "base_amount": "1000.00",
        "monthly_amount": "1000.00",
        "currency": "USD",
        "is_locked": False,
    }


def test_a_scenario_is_begun_from_what_is_allotted_or_from_another(api):
    part = make_value_stream(code="part")
    make_allocation(product=make_product(value_stream=part))
    body = {"name": "Bold", "starts": "2026-07-01", "value_stream": "part", "budget": "900.00"}
    answer = api.post("/api/v1/scenarios/", body, format="json")
    assert answer.status_code == 201
    made = answer.json()
    assert (len(made["lines"]), made["budget"], made["version"]) == (1, "900.00", 1)
    body = {"name": "Bolder", "starts": "2026-07-01", "value_stream": "part", "based_on": made["id"]}
    assert api.post("/api/v1/scenarios/", body, format="json").json()["based_on"] == made["id"]
    body = {"name": "Early", "starts": "2001-01-01"}
    answer = api.post("/api/v1/scenarios/", body, format="json")
    assert answer.status_code == 400
    assert "No money is allotted" in answer.json()["detail"]


def test_a_change_without_a_version_is_428(api, bold):
    answer = patch(api, bold, {"name": "Bolder"}, match="")
    assert answer.status_code == 428
    assert "If-Match" in answer.json()["detail"]
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("match", ["*", "1", '"x"', '"1", "2"', '"' + "9" * 30 + '"'])
def test_a_version_that_is_none_is_told(api, bold, match):
    answer = patch(api, bold, {"name": "Bolder"}, match=match)
    assert answer.status_code == 400
    assert "If-Match" in answer.json()["detail"]


def test_lines_and_settings_are_changed_as_one_step(api, bold):
    low, high = line_of(bold, "low").pk, line_of(bold, "high").pk
    lines = [{"line": low, "monthly_amount": "-25%", "is_locked": True}, {"line": high, "monthly_amount": 1250.5}]
    answer = patch(api, bold, {"budget": "4000.00", "lines": lines}, match='W/"1"')
    assert answer.status_code == 200
    assert (answer["ETag"], answer.json()["version"], answer.json()["merged"]) == ('"2"', 2, [])
    found = {line["id"]: (line["monthly_amount"], line["is_locked"]) for line in answer.json()["lines"]}
    assert (found[low], found[high]) == (("750.00", True), ("1250.50", False))
    assert len(bold.steps.get().changes) == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"monthly_amount": "lots"}, "is not an amount"),
        ({"monthly_amount": "-2000"}, "below nothing"),
        ({"monthly_amount": -5}, "cannot be negative"),
        ({"monthly_amount": True}, "Not a valid string"),
        ({"monthly_amount": None}, "may not be null"),
        ({"monthly_amount": {}}, "Not a valid string"),
        ({"line": 999999}, "has no line 999999"),
        ({"line": 10**30}, "valid integer"),
        ({"is_locked": "perhaps"}, "valid boolean"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(api, bold, line, said):
    answer = patch(api, bold, {"lines": [{"line": line_of(bold, "low").pk} | line]})
    assert answer.status_code == 400
    assert said in str(answer.json()["errors"])


def test_a_stale_change_is_a_412_that_says_what_changed(api, bold):
    other = make_user("leader")
    low = line_of(bold, "low")
    actions.edit(bold, version=1, changes={low.pk: {"monthly_amount": Decimal("500")}}, by=other)
    answer = patch(api, bold, {"lines": [{"line": line_of(bold, "high").pk, "monthly_amount": "2k"}]})
    assert answer.status_code == 412
    problem = answer.json()
    assert (problem["status"], problem["version"], problem["can_merge"]) == (412, 2, True)
    [step] = problem["steps"]
    assert (step["by"], step["number"], step["kind"]) == (other.username, 2, "edit")
    assert step["changes"] == [
        {
            "line": low.pk, "name": "Low, from Fees", "field": "monthly_amount", "label": "amount", "old": "1000.00",
            "new": "500.00",
        }
    ]  # fmt: skip
    assert line_of(bold, "high").monthly_amount == 1000


def test_a_stale_change_of_something_else_is_merged_if_that_is_asked_for(api, bold):
    other = make_user("leader")
    actions.edit(bold, version=1, changes={line_of(bold, "low").pk: {"monthly_amount": Decimal("500")}}, by=other)
    body = {"lines": [{"line": line_of(bold, "high").pk, "monthly_amount": "+10%"}], "merge": True}
    answer = patch(api, bold, body)
    assert (answer.status_code, answer["ETag"]) == (200, '"3"')
    assert [step["by"] for step in answer.json()["merged"]] == [other.username]
    assert line_of(bold, "high").monthly_amount == 1100


def test_a_stale_change_of_the_same_is_refused_with_both_values(api, bold):
    low = line_of(bold, "low")
    actions.edit(bold, version=1, changes={low.pk: {"monthly_amount": Decimal("500")}}, by=make_user("leader"))
    # The change is of what was seen: 10 % more than 1,000.
    answer = patch(api, bold, {"lines": [{"line": low.pk, "monthly_amount": "+10%"}], "merge": True})
    assert answer.status_code == 412
    assert answer.json()["conflicts"] == [
        {"line": low.pk, "name": "Low, from Fees", "field": "monthly_amount", "yours": "1100.00", "theirs": "500.00"}
    ]
    assert not answer.json()["can_merge"]


def test_undo_and_redo(api, bold):
    patch(api, bold, {"lines": [{"line": line_of(bold, "low").pk, "monthly_amount": "0"}]})
    answer = api.post(at(bold, "undo"))
    assert (answer.status_code, answer["ETag"]) == (200, '"3"')
    assert line_of(bold, "low").monthly_amount == 1000
    assert api.post(at(bold, "redo")).status_code == 200
    assert line_of(bold, "low").monthly_amount == 0
    answer = api.post(at(bold, "redo"))
    assert answer.status_code == 400
    assert "nothing to redo" in answer.json()["detail"]


def test_a_preview_tells_what_the_split_would_do_and_changes_nothing(api, bold):
    lines = [
        {"line": line_of(bold, "high").pk, "monthly_amount": "+250"},
        {"line": line_of(bold, "low").pk, "monthly_amount": "-250"},
    ]
    answer = api.post(at(bold, "preview"), {"lines": lines}, format="json")
    assert answer.status_code == 200
    found = answer.json()
    # As in test_the_form_saves_what_differs_as_one_step.
    assert found["whole"]["gain"] == pytest.approx(338.16, abs=0.01)
    assert found["whole"]["probability_of_gain"] == 1
    assert found["whole"]["before"]["ratio"] == pytest.approx(7700 / 3500)
    assert {change["value_stream"] for change in found["value_streams"]} == {"everything", "driving"}
    assert (found["left_to_give"], found["budget"], found["version"]) == ("0.00", "3500.00", 1)
    assert bold.steps.count() == 0
    assert api.get(at(bold, "preview")).json()["whole"]["gain"] == 0


def test_a_preview_can_be_had_as_known_and_over_another_window(api, bold):
    before = timezone.now().isoformat()
    patch(api, bold, {"lines": [{"line": line_of(bold, "low").pk, "monthly_amount": "0"}]})
    found = api.get(at(bold, "preview"), {"known": before, "window": "quarter"}).json()
    assert (found["left_to_give"], found["whole"]["gain"]) == ("0.00", 0)
    answer = api.get(at(bold, "preview"), {"known": "yesterday"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "known"


def test_a_suggestion_changes_nothing_until_it_is_taken(api, bold):
    found = api.post(at(bold, "suggest"), {}, format="json").json()
    assert not found["taken"]
    assert bold.steps.count() == 0
    assert {line["line"] for line in found["lines"]} == {line_of(bold, code).pk for code in ("high", "middle", "low")}
    assert api.post(at(bold, "suggest"), {"take": True}, format="json").status_code == 428
    answer = api.post(at(bold, "suggest"), {"take": True}, format="json", headers={"If-Match": '"1"'})
    assert (answer["ETag"], answer.json()["taken"], answer.json()["version"]) == ('"2"', True, 2)
    assert line_of(bold, "high").monthly_amount == Decimal("2285.71")
    assert bold.steps.get().kind == "suggest"


def test_scenarios_are_compared(api, bold):
    other = make_scenario(by=api.user, starts=DAY)
    answer = api.get("/api/v1/scenarios/compare/", {"s": [bold.pk, other.pk]})
    assert [one["id"] for one in answer.json()["scenarios"]] == [bold.pk, other.pk]
    for wrong in ([], ["x"], [1, 2, 3, 4, 5], [999999]):
        answer = api.get("/api/v1/scenarios/compare/", {"s": wrong})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "s"


def test_who_may_not_write_reads_previews_and_asks_for_suggestions(api, bold):
    api.force_authenticate(make_user("team_lead"))
    assert api.get(at(bold)).status_code == 200
    assert api.get(at(bold, "preview")).status_code == 200
    assert api.post(at(bold, "suggest"), {}, format="json").status_code == 200
    assert patch(api, bold, {"name": "Mine"}).status_code == 403
    for action in ("undo", "redo"):
        assert api.post(at(bold, action)).status_code == 403
    taken = api.post(at(bold, "suggest"), {"take": True}, format="json", headers={"If-Match": '"1"'})
    assert taken.status_code == 403
    assert api.post("/api/v1/scenarios/", {"name": "Mine", "starts": "2026-07-01"}, format="json").status_code == 403


def test_an_archived_scenario_is_read_and_left_out_of_lists(api, bold):
    actions.archive(bold, by=api.user)
    assert api.get("/api/v1/scenarios/").json()["results"] == []
    assert api.get(at(bold)).json()["archived_at"]
    answer = patch(api, bold, {"name": "Late"}, match='"2"')
    assert answer.status_code == 400
    assert "archived" in answer.json()["detail"]
    assert Scenario.objects.get(pk=bold.pk).name == "Bold"


def test_an_elasticity_is_recorded_corrected_and_retracted(api):
    make_product(code="tax")
    answer = api.post(
        "/api/v1/elasticities/", {"product": "tax", "low": "0.2", "high": "0.6", "why": "A study"}, format="json"
    )
    assert answer.status_code == 201
    made = answer.json()["id"]
    answer = api.post(f"/api/v1/elasticities/{made}/correct/", {"high": "0.5", "reason": "Misread"}, format="json")
    assert (answer.status_code, answer.json()["corrects"]) == (201, made)
    answer = api.post(f"/api/v1/elasticities/{answer.json()['id']}/retract/", {"reason": "Wrong"}, format="json")
    assert answer.status_code == 200
    assert not Elasticity.objects.known().exists()
