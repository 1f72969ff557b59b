"""Objectives: their error budgets on pages, by the API, kept each night and told on Today."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.board.today import queue
from portfolio.common import actions
from products.health.budget_actions import keep_budget_days
from products.health.budget_reading import budgets_of
from products.health.models import BudgetDay, Measurement
from products.health.tasks import error_budgets
from tests.factories import make_measurement, make_objective, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
ON = date(2017, 3, 31)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = ON


@pytest.fixture
def leader(client):
    """Sign a leader in."""
    user = make_user("leader")
    client.force_login(user)
    return user


def measured(objective, *bad, total=1000):
    """Measure the days before today, one figure each."""
    for back, one in enumerate(reversed(bad), start=1):
        make_measurement(objective=objective, starts=ON - timedelta(days=back), good=total - one, total=total)
    return objective


def test_the_night_keeps_what_was_left_and_a_second_night_changes_nothing():
    objective = measured(make_objective(window_days=7, target=Decimal("0.99")), *[10] * 13, 45)
    error_budgets()
    kept = {row.day: (row.good, row.total, row.left, row.burn) for row in BudgetDay.objects.all()}
    assert len(kept) == 7
    # By hand: 105 bad of 7,000, of which 70 are allowed.
    assert kept[ON - timedelta(days=1)] == (6895, 7000, pytest.approx(-0.5), pytest.approx(1.5))
    assert kept[ON - timedelta(days=2)][2] == pytest.approx(0)
    late = Measurement.objects.get(starts=ON - timedelta(days=1))
    assert keep_budget_days() == 7
    assert BudgetDay.objects.count() == 7
    actions.correct(late, changes={"good": 990}, reason="Counted twice.", by=None)
    keep_budget_days()
    assert BudgetDay.objects.get(day=ON - timedelta(days=1)).left == pytest.approx(0)
    (row,) = budgets_of([objective], ON)
    assert (row.left, row.budget.spent, row.tone) == (0, 70, "up")


def test_today_tells_who_may_write_it_of_a_budget_that_is_gone_or_burns_fast():
    team = make_team()
    gone = measured(make_objective(name="Gone", service=make_service(owner=team), target=Decimal("0.99")), *[0] * 5, 90)
    measured(make_objective(name="Fine", service=gone.service, target=Decimal("0.99")), *[5] * 6)
    measured(make_objective(name="Retired", service=make_service(is_retired=True), target=Decimal("0.99")), 900)
    keep_budget_days()
    (group,) = queue(make_user("team_lead", team=team), ON, show="budgets")
    assert [(entry.what, entry.since) for entry in group.entries] == [("Overspent: Gone", ON - timedelta(days=1))]
    assert group.entries[0].detail == f"{chr(8722)}50% of the budget left, burning 1.50"
    assert queue(make_user("team_lead", team=make_team()), ON, show="budgets") == []


def test_an_objective_shows_what_is_left_and_what_was_not_measured(client, leader):
    objective = measured(make_objective(name="Answers", window_days=28, target=Decimal("0.99")), *[30] * 10)
    page = client.get(objective.get_absolute_url()).content.decode()
    for words in ("Overspent", "10 of 28 days", "The other 18 count as neither good nor bad", "burning fast", "300"):
        assert words in page
    assert "The other" not in client.get(measured(make_objective(window_days=1), 0).get_absolute_url()).content.decode()
    empty = client.get(make_objective().get_absolute_url()).content.decode()
    assert "Never measured" in empty
    listed = client.get(reverse("health:objective-list"), {"sort": "left"})
    assert [str(row.left) for row in listed.context["page"]] == ["-2.0", "1.0", "None"]
    assert client.get(reverse("health:objective-list"), {"format": "csv"}).status_code == 200


def test_the_list_takes_as_many_queries_at_20_objectives_as_at_1(client, leader):
    make_objective()
    address = reverse("health:objective-list")
    client.get(address)
    with CaptureQueriesContext(connection) as at_one:
        client.get(address)
    for _ in range(19):
        measured(make_objective(), 1)
    client.get(address)  # how fresh the figures are is looked up once in a while
    with CaptureQueriesContext(connection) as at_twenty:
        client.get(address)
    assert len(at_twenty) == len(at_one)


def test_objectives_and_measurements_are_added_by_page_and_api(client, leader):
    service = make_service(code="tax")
    added = client.post(
        reverse("health:objective-add"),
        {"name": "Answers", "code": "answers", "service": service.pk, "kind": "availability", "target": "0.999",
         "window_days": "28"},
    )  # fmt: skip
    assert added.status_code == 302
    form = {"objective": service.objectives.get().pk, "starts": "2017-03-30", "good": "999", "total": "1000"}
    assert client.post(reverse("health:measurement-add"), form).status_code == 302
    assert "already has a measurement" in client.post(reverse("health:measurement-add"), form).content.decode()
    wrong = client.post("/api/v1/objectives/", {"code": "x", "name": "X", "service": "tax", "target": "1"},
                        content_type="application/json")  # fmt: skip
    assert "Nothing is good always" in wrong.json()["detail"]
    told = client.get("/api/v1/objectives/answers/budget/").json()
    assert (told["spent"], told["left_share"], told["measured_days"]) == (1, 0.0, 1)
    row = client.get("/api/v1/measurements/", {"objective": "answers"}).json()["results"][0]
    assert (row["good"], row["ends"]) == (999, "2017-03-31")
