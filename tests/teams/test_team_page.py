"""The page of a team: its shape, how steady it is, what it has to do, can do and is recognised for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from products.value.celebrating import celebrate
from products.value.models import Behaviour
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 31)


@pytest.fixture
def reader(client, settings):
    settings.TWOFOLD_TODAY, settings.TWOFOLD_DISCIPLINES = TODAY, ["engineering", "design"]
    user = make.make_user()
    client.force_login(user)
    return user


def words_of(response) -> str:
    assert response.status_code == 200
    return " ".join(strip_tags(response.content.decode()).split())


def make_tax(**given):
    """Ada formed the team in 2024; Ben, a business partner, is embedded since January 2026, and learns today."""
    engineering = make.make_discipline(code="engineering", name="Engineering")
    team = make.make_team(name="Tax online", code="tax")
    ada, ben = make.make_person(name="Ada Obi", code="ada"), make.make_person(name="Ben Ash", code="ben")
    make.make_membership(team=team, person=ada, discipline=engineering, starts=date(2024, 3, 31))
    make.make_membership(
        team=team, person=ben, discipline=make.make_discipline(code="business", name="Business"), fte=Decimal("0.5"),
        starts=date(2026, 1, 1), is_embedded=True,
    )  # fmt: skip
    make.make_absence(person=ben, kind="learning", starts=TODAY, ends=TODAY + timedelta(days=1))
    return team


def test_a_team_shows_its_gaps_its_core_what_joins_cost_and_its_load_beside_its_own_past(client, reader):
    team = make_tax()
    make.make_assignment(team=team, starts=date(2024, 4, 1), share=Decimal("0.5"))
    make.make_assignment(team=team, starts=date(2026, 3, 15), share=Decimal("0.5"))
    make.make_on_call(team=team, starts=date(2025, 1, 1), hours_a_week=Decimal("20"))
    make.make_service(owner=team)
    text = words_of(client.get(team.get_absolute_url()))
    assert "It has 1 of the 2; it lacks design" in text
    assert "Ben Ash embedded" in text
    assert "who have been here longest: Ada Obi." in text
    assert "Same core for 24 months" in text
    assert "about 1.5 to 4 FTE-weeks for the 0.50 FTE that joined, at 3 to 8 weeks for each" in text
    assert "Products 2 1 1 more than usual" in text
    assert "On call, hours a week 20 20 as usual" in text
    assert "Services kept 1 1 as usual" in text
    assert "Items under way 0 0 as usual" in text
    assert "0.50 learning, which is capacity, not waste" in text
    told = client.get("/api/v1/teams/tax/stability/").json()
    assert (told["core"], told["core_months"], told["joins"], told["cost_high"]) == (["ada"], 24, 1, "4.00")
    shape = client.get("/api/v1/teams/tax/shape/").json()
    assert [row["code"] for row in shape["disciplines"] if row["is_gap"]] == ["design"]
    assert (shape["capacity"], shape["learning"]) == ("1.5000", "0.5000")
    load = {row["key"]: row for row in client.get("/api/v1/teams/tax/workload/").json()}
    assert (load["products"]["now"], load["products"]["usual"]) == ("2.00", "1.00")


def test_a_team_and_its_people_are_recognised_for_the_outcomes_that_they_share(client, reader):
    team = make_tax()
    metric = make.make_metric(name="Renewed online", behaviour=Behaviour.LEVEL, target=Decimal(80), unit="of 100")
    make.make_shared_outcome(team=team, metric=metric)
    make.make_observation(metric=metric, starts=date(2026, 3, 1), value=Decimal(70))
    assert "70 of 100 80 not yet" in words_of(client.get(team.get_absolute_url()))
    make.make_observation(metric=metric, starts=date(2026, 3, 30), value=Decimal(82))
    celebrate()
    passed = "Renewed online passed 80 of 100 on 30 Mar 2026, at 82."
    text = words_of(client.get(team.get_absolute_url()))
    assert "82 of 100 80 target met" in text
    assert passed in text
    assert passed in words_of(client.get(team.memberships.last().person.get_absolute_url()))
    assert passed in words_of(client.get(metric.get_absolute_url()))
    listed = words_of(client.get(reverse("value:celebration-list"), {"team": "tax"}))
    assert "Tax online: Ada Obi, Ben Ash" in listed
    (told,) = client.get("/api/v1/celebrations/").json()["results"]
    assert (told["teams"], told["people"], told["observed_on"]) == (["tax"], ["ada", "ben"], "2026-03-30")
    file = b"".join(client.get(reverse("value:celebration-list"), {"format": "csv"})).decode()
    assert "tax,ada ben" in file


@pytest.mark.parametrize(
    ("url", "more"),
    [
        (lambda: reverse("teams:team-list") + "?show=past", lambda: make.make_membership()),
        (lambda: reverse("teams:absence-list"), make.make_absence),
        (lambda: reverse("teams:thanks-list"), lambda: make.make_thanks(team=make.make_team())),
        (lambda: reverse("value:shared-outcome-list"), make.make_shared_outcome),
        (lambda: reverse("value:celebration-list"), lambda: passed_by(make.make_team())),
    ],
)
def test_a_list_asks_as_often_for_many_rows_as_for_one(client, reader, url, more):
    def asked() -> int:
        client.get(url())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url()).status_code == 200
        return len(queries)

    more()
    one = asked()
    for _ in range(4):
        more()
    assert asked() == one


def passed_by(team):
    metric = make.make_metric(behaviour=Behaviour.LEVEL, target=Decimal(1))
    make.make_shared_outcome(team=team, metric=metric)
    make.make_membership(team=team)
    make.make_observation(metric=metric, starts=TODAY, value=Decimal(2))
    celebrate()


def test_the_list_of_teams_sets_each_beside_its_own_past(client, reader):
    make_tax()
    text = words_of(client.get(reverse("teams:team-list"), {"show": "past"}))
    assert "Tax online 2 1 1 of 2" in text  # two people, usually one; a discipline of two
    assert "Add a team" not in text
