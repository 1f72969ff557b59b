"""The API of teams: by code, through the actions, with the same rights as the pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from portfolio.common.models import User
from teams.models import Membership, Person, Rate, Team
from tests import factories as make

pytestmark = pytest.mark.django_db

ROUTES = ["disciplines", "people", "teams", "memberships", "rates"]


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api() -> APIClient:
    """The API for a leader who is also the finance partner of the whole portfolio."""
    return client_of(make.make_user("leader", "finance_partner"))


def make_rows(count: int) -> None:
    for _ in range(count):
        membership = make.make_membership()
        make.make_rate(discipline=membership.discipline)


@pytest.mark.parametrize("route", ROUTES)
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_one(api, route):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/v1/{route}/").status_code == 200
        return len(captured)

    make_rows(1)
    queries()
    one = queries()
    make_rows(19)

    assert queries() == one


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_is_for_who_is_signed_in(route):
    assert APIClient().get(f"/api/v1/{route}/").status_code in {401, 403}


def test_rows_are_made_and_named_by_code(api):
    assert api.post("/api/v1/disciplines/", {"code": "design", "name": "Design"}).status_code == 201
    assert api.post("/api/v1/teams/", {"code": "alpha", "name": "Alpha", "purpose": "First"}).status_code == 201
    assert api.post("/api/v1/people/", {"code": "ada", "name": "Ada"}).status_code == 201
    fact = {"person": "ada", "team": "alpha", "discipline": "design", "fte": "0.60", "starts": "2026-02-01"}
    response = api.post("/api/v1/memberships/", fact)

    assert response.status_code == 201
    assert response.json() | fact == response.json()
    assert response.json()["ends"] is None
    assert response.json()["recorded_by"] == str(Membership.objects.get().recorded_by.username)


def test_a_described_row_is_edited_by_code(api):
    make.make_team(code="alpha")
    response = api.patch("/api/v1/teams/alpha/", {"name": "Alpha team"})

    assert response.json()["name"] == "Alpha team"
    assert Team.objects.get().history.count() == 2
    assert api.delete("/api/v1/teams/alpha/").status_code == 405
    assert api.put("/api/v1/teams/alpha/", {"name": "Other"}).status_code == 405


def test_a_person_is_linked_to_an_account_by_name(api):
    user = make.make_user()
    make.make_person(code="ada")

    assert api.patch("/api/v1/people/ada/", {"user": user.username}).json()["user"] == user.username
    for wrong in ("nobody", "nul\x00", 7, ["x"]):
        assert api.patch("/api/v1/people/ada/", {"user": wrong}).status_code == 400
    assert Person.objects.get().user == user


def test_an_account_belongs_to_one_person(api):
    user = make.make_user()
    make.make_person(code="ada", user=user)
    make.make_person(code="grace")
    response = api.patch("/api/v1/people/grace/", {"user": user.username})

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "user"


def test_a_correction_is_a_call_of_its_own_and_keeps_the_old_row(api):
    old = make.make_membership(fte=Decimal("1.00"))
    before = timezone.now()
    url = f"/api/v1/memberships/{old.pk}/"
    assert api.patch(url, {"fte": "0.60"}).status_code == 405
    assert api.post(f"{url}correct/", {"fte": "0.60"}).status_code == 400
    response = api.post(f"{url}correct/", {"fte": "0.60", "reason": "Part time"})

    assert response.status_code == 201
    assert response.json()["corrects"] == old.pk
    assert api.get(url).json()["reason"] == "Part time"
    assert api.post(f"{url}correct/", {"fte": "0.70", "reason": "Rather"}).status_code == 409
    (now,) = api.get("/api/v1/memberships/").json()["results"]
    (then,) = api.get("/api/v1/memberships/", {"known": before.isoformat()}).json()["results"]
    assert (now["fte"], then["fte"]) == ("0.60", "1.00")


def test_a_retraction_leaves_the_row_readable(api):
    row = make.make_membership()
    assert api.post(f"/api/v1/memberships/{row.pk}/retract/", {"reason": "Never"}).status_code == 200

    assert api.get("/api/v1/memberships/").json()["results"] == []
    assert api.get(f"/api/v1/memberships/{row.pk}/").json()["retracted_at"]
    assert api.post(f"/api/v1/memberships/{row.pk}/retract/", {"reason": "Again"}).status_code == 409


def test_errors_name_the_field(api):
    known = make.make_membership()
    fact = {
        "person": known.person.code,
        "team": known.team.code,
        "discipline": known.discipline.code,
        "fte": "0.60",
        "starts": "2026-02-01",
    }
    for change, attr in (
        ({}, "starts"),
        ({"team": "nothing"}, "team"),
        ({"fte": "0"}, "fte"),
        ({"starts": "soon"}, "starts"),
        ({"starts": "2026-02-01", "ends": "2026-02-01", "team": make.make_team().code}, None),
    ):
        response = api.post("/api/v1/memberships/", fact | change)
        assert response.status_code == 400, change
        assert response.headers["Content-Type"] == "application/problem+json"
        found = response.json()["errors"][0]["attr"]
        assert attr is None or found == attr, change


@pytest.mark.parametrize(
    ("route", "query", "count"),
    [
        ("teams", {"search": "alph"}, 1),
        ("teams", {"product": "renewals"}, 1),
        ("teams", {"product": "nothing"}, 0),
        ("people", {"team": "alpha"}, 1),
        ("people", {"discipline": "nothing"}, 0),
        ("memberships", {"team": "alpha,beta"}, 2),
        ("memberships", {"team": "alpha", "on": "2025-01-01"}, 0),
        ("memberships", {"person": "ada"}, 1),
        ("memberships", {"search": "Ada"}, 1),
    ],
)
def test_lists_are_filtered_as_the_pages_are(api, route, query, count):
    alpha, beta = make.make_team(code="alpha"), make.make_team(code="beta")
    make.make_membership(team=alpha, person=make.make_person(code="ada", name="Ada"))
    make.make_membership(team=beta)
    make.make_assignment(team=alpha, product=make.make_product(code="renewals"))

    assert len(api.get(f"/api/v1/{route}/", query).json()["results"]) == count


def test_a_filter_that_is_none_is_refused_in_words(api):
    response = api.get("/api/v1/memberships/", {"known": "yesterday"})

    assert response.status_code == 400
    assert "is not a moment" in response.json()["errors"][0]["detail"]


# -- Rights ------------------------------------------------------------------------------------------------


def test_a_team_lead_writes_their_own_team_only():
    mine, other = make.make_team(code="mine"), make.make_team(code="other")
    lead = client_of(make.make_user("team_lead", team=mine))
    fact = {"person": make.make_person().code, "discipline": make.make_discipline().code, "fte": "1.00"}
    fact["starts"] = "2026-02-01"

    assert lead.patch("/api/v1/teams/mine/", {"name": "Mine"}).status_code == 200
    assert lead.patch("/api/v1/teams/other/", {"name": "Mine"}).status_code == 403
    assert lead.post("/api/v1/teams/", {"code": "third", "name": "Third"}).status_code == 403
    assert lead.post("/api/v1/memberships/", fact | {"team": other.code}).status_code == 403
    made = lead.post("/api/v1/memberships/", fact | {"team": "mine"})
    assert made.status_code == 201
    stolen = {"team": "other", "reason": "Lent"}
    assert lead.post(f"/api/v1/memberships/{made.json()['id']}/correct/", stolen).status_code == 403
    assert Membership.objects.known().get().team == mine


@pytest.mark.parametrize("role", ["leader", "product_owner", "business_partner", "team_lead"])
def test_rates_are_empty_for_other_roles(role):
    rate = make.make_rate()
    other = client_of(make.make_user(role))
    url = f"/api/v1/rates/{rate.pk}/"
    fact = {"discipline": make.make_discipline().code, "monthly_amount": "1.00", "starts": "2026-01-01"}

    assert other.get("/api/v1/rates/").json()["results"] == []
    assert other.get(url).status_code == 404
    assert other.post("/api/v1/rates/", fact).status_code == 403
    assert other.post(f"{url}correct/", {"monthly_amount": "1.00", "reason": "Mine"}).status_code == 404
    assert other.post(f"{url}retract/", {"reason": "Mine"}).status_code == 404
    assert Rate.objects.known().get() == rate


def test_no_other_answer_tells_a_rate():
    rate = make.make_rate(monthly_amount=Decimal("7654.00"))
    make.make_membership(discipline=rate.discipline)
    leader = client_of(make.make_user("leader"))

    for route in ("disciplines", "people", "teams", "memberships"):
        assert "7654" not in leader.get(f"/api/v1/{route}/").content.decode()


def test_a_finance_partner_reads_and_records_rates(api):
    make.make_discipline(code="design")
    fact = {"discipline": "design", "monthly_amount": "7654.00", "currency": "GBP", "starts": "2026-01-01"}
    made = api.post("/api/v1/rates/", fact)

    assert made.status_code == 201
    assert api.get("/api/v1/rates/", {"discipline": "design"}).json()["results"][0]["monthly_amount"] == "7654.00"
    clash = api.post("/api/v1/rates/", fact | {"starts": "2026-06-01"})
    assert clash.json()["errors"][0]["attr"] == "starts"
    assert Rate.objects.get().starts == date(2026, 1, 1)
