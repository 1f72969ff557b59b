"""The API of decisions, their record, and what to measure next."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from funding.models import Allocation
from portfolio.common import actions
from portfolio.rebalance.decision_actions import apply
from portfolio.rebalance.models import Decision, Status
from tests.factories import make_user
from tests.rebalance.proposals import STARTS, make_approved, make_decision, make_figures, make_move, move, paid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_of_april(settings):
    settings.TWOFOLD_TODAY = STARTS


def as_(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def leader():
    return make_user("leader")


def address(decision: Decision, step: str = "") -> str:
    return f"/api/v1/decisions/{decision.pk}/{step}{'/' if step else ''}"


def take(user, decision: Decision, step: str, body: dict | None = None, *, etag: str | None = None):
    """Take a step with the ETag of the decision as it is."""
    client = as_(user)
    seen = etag or client.get(address(decision))["ETag"]
    return client.post(address(decision, step), body or {}, headers={"If-Match": seen})


def test_decisions_are_listed_without_what_they_froze(leader):
    decision = make_decision()
    [row] = as_(leader).get("/api/v1/decisions/").json()["results"]

    assert (row["id"], row["status"], row["digest"]) == (decision.pk, "proposed", decision.digest)
    assert "frozen" not in row


def test_a_decision_has_all_that_it_froze(leader):
    one, two, _ = make_figures()
    decision = make_decision(move(one, "900.00", two, "2100.00"))
    found = as_(leader).get(address(decision)).json()

    assert [(line["product"], line["before"], line["after"]) for line in found["lines"]] == [
        ("licences", "1000.00", "900.00"),
        ("tests", "2000.00", "2100.00"),
    ]
    assert len(found["predictions"]) == 24
    assert found["frozen"]["alternatives"][0]["name"] == "Leave it as it is"
    assert [approval["role"] for approval in found["approvals"]] == ["leader"]


def test_lists_take_the_filters_of_the_page(leader):
    decision = apply(make_approved(), by=leader)
    client = as_(leader)
    assert client.get("/api/v1/decisions/?status=applied").json()["results"][0]["id"] == decision.pk
    assert client.get("/api/v1/decisions/?status=declined").json()["results"] == []
    then = decision.proposed_at.isoformat().replace("+", "%2B")
    assert client.get(f"/api/v1/decisions/?known={then}").json()["results"][0]["status"] == "proposed"
    assert client.get("/api/v1/decisions/?status=wrong").status_code == 400


def test_from_approval_to_revert(leader):
    decision, finance = make_decision(by=leader), make_user("finance_partner")
    approved = take(finance, decision, "approve", {"comment": "Yes."})
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    applied = take(finance, decision, "apply", etag=approved["ETag"])
    assert (applied.status_code, applied.json()["status"]) == (200, "applied")
    assert paid(decision) == [Decimal("800.00"), Decimal("1200.00")]

    reverted = take(leader, decision, "revert", {"why": "It did not help.", "starts": "2026-07-01"})
    assert (reverted.status_code, reverted.json()["reverts"]) == (201, decision.pk)
    assert reverted.json()["starts"] == "2026-07-01"


def test_a_step_names_what_was_seen(leader):
    decision, finance = make_decision(by=leader), make_user("finance_partner")
    assert as_(finance).post(address(decision, "approve"), {}).status_code == 428

    seen = as_(leader).get(address(decision))["ETag"]
    take(leader, decision, "withdraw", {"why": "No."})
    stale = take(finance, decision, "approve", etag=seen)

    assert stale.status_code == 412
    assert stale.json()["decision_status"] == "withdrawn"
    assert stale["Content-Type"] == "application/problem+json"


def test_what_moved_comes_with_the_refusal(leader):
    decision = make_approved()
    allocation = Allocation.objects.known().get(product=decision.lines.first().product)
    actions.correct(allocation, changes={"monthly_amount": Decimal("1100.00")}, reason="Agreed elsewhere", by=None)
    refused = take(leader, decision, "apply")

    assert refused.status_code == 412
    assert refused.json()["differences"] == [
        "Fees to Licences was $1,000.00 a month when it was proposed and is $1,100.00."
    ]


def test_a_second_apply_is_told(leader):
    decision = apply(make_approved(), by=leader)
    refused = take(leader, decision, "apply")
    assert refused.status_code == 400
    assert "was applied by" in refused.json()["detail"]


def test_who_does_not_cover_it_may_not_take_a_step(leader):
    decision = make_decision(by=leader)
    for step in ("approve", "decline", "withdraw", "apply", "revert"):
        assert take(make_user("product_owner"), decision, step, {"comment": "x", "why": "x"}).status_code == 403


def test_a_no_needs_a_reason(leader):
    decision, finance = make_decision(by=leader), make_user("finance_partner")
    assert take(finance, decision, "decline").status_code == 400
    take(finance, decision, "decline", {"comment": "Not this year."})
    decision.refresh_from_db()
    assert (decision.status, decision.ended_why) == (Status.DECLINED, "Not this year.")


def test_the_record_is_told(leader):
    found = as_(leader).get("/api/v1/calibration/").json()
    assert [(row["by"], row["count"], row["share"]) for row in found] == [("all", 0, None)]

    one, two, _ = make_figures()
    decision = apply(make_approved(move(one, "900.00", two, "2100.00")), by=leader)
    for row in decision.predictions.all():
        type(row).objects.filter(pk=row.pk).update(outcome=row.high + 1, checked_at=decision.applied_at, score=0)
    found = {(row["by"], row["key"]): row for row in as_(leader).get("/api/v1/calibration/").json()}
    assert found["all", "all"]["inside"] == 0
    assert found["estimator", "stated"]["factor"] > 1
    assert found["metric", "licences-done"]["count"] == 3


def test_what_to_measure_next_is_told(leader):
    client = as_(leader)
    assert client.get("/api/v1/measure-next/").json() == []
    make_figures()
    rows = client.get("/api/v1/measure-next/").json()

    assert len(rows) == 4
    assert rows[0]["value"] >= rows[-1]["value"] >= 0
    assert [row["code"] for row in client.get("/api/v1/measure-next/?kind=worth&product=tests").json()] == [
        "tests-done"
    ]
    assert client.get("/api/v1/measure-next/?kind=wrong").status_code == 400
    file = client.get("/api/v1/measure-next/?format=csv")
    assert b"".join(file.streaming_content).startswith(b"kind,code,name")


def propose(user, scenario, **headers):
    body = {"title": "Move some", "why": "Tests return more."}
    return as_(user).post(f"/api/v1/scenarios/{scenario.pk}/propose/", body, headers=headers)


def test_a_scenario_is_proposed_as_it_was_seen(leader):
    scenario = make_move(by=leader)
    made = propose(leader, scenario, **{"If-Match": '"1"'})

    assert (made.status_code, made.json()["status"]) == (201, "proposed")
    assert made["ETag"] == as_(leader).get(address(Decision.objects.get()))["ETag"]


def test_a_scenario_that_moved_on_is_not_proposed(leader):
    scenario = make_move(by=leader, version=2)
    assert propose(leader, scenario).status_code == 428
    stale = propose(leader, scenario, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    assert not Decision.objects.exists()
