"""Pages, files and the API of journeys and incidents."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.intake.kinds import KINDS
from products.health.models import Impact, Incident, Journey, Passage, Step
from tests import factories as make

pytestmark = pytest.mark.django_db
LISTS = ["journey", "step", "passage", "incident", "impact", "failure-mode", "drill"]
ROUTES = ["journeys", "journey-steps", "passages", "incidents", "impacts", "failure-modes", "drills"]


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 31)


@pytest.fixture
def leader(client):
    user = make.make_user("leader")
    client.force_login(user)
    return user


def make_rows(count: int) -> None:
    for _ in range(count):
        service = make.make_service(owner=make.make_team())
        journey = make.make_journey(process=make.make_process(value_stream=make.make_value_stream()))
        make.make_step(journey=journey, service=service)
        make.make_passage(journey=journey)
        objective = make.make_objective(service=service)
        make.make_measurement(objective=objective, starts=date(2026, 3, 20))
        mode = make.make_failure_mode(service=service)
        make.make_drill(failure_mode=mode)
        incident = make.make_incident(service=service, failure_mode=mode)
        impact = make.make_impact(incident=incident, journey=journey)
        make.make_valuation(metric=impact.metric)


def test_lists_take_as_many_queries_for_many_rows_as_for_one_and_sort_by_their_headers(client, leader):
    def queries(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200, url
        return len(captured)

    pages = [reverse(f"health:{kind}-list") for kind in LISTS]
    for url in pages:
        assert "empty-title" in client.get(url).content.decode()
    make_rows(1)
    api = [f"/api/v1/{route}/" for route in ROUTES]
    once = [queries(url) for url in (*pages, *api)]
    make_rows(4)
    assert [queries(url) for url in (*pages, *api)] == once
    for url in pages:
        sorts = [value for value, _ in client.get(url).context["filter"].form.fields["sort"].choices if value]
        assert sorts, url
        shown = client.get(url, {"sort": sorts[-1], "format": "csv"})
        header = b"".join(shown.streaming_content).decode().splitlines()[0].split(",")
        kind = KINDS[shown.headers["Content-Disposition"].split('"')[1].rsplit("-20", 1)[0].split("_")[0].split(".")[0]]
        assert header[: len(kind.columns)] == [column.name for column in kind.columns]


def test_a_journey_is_made_divided_and_shown_with_what_it_lacks(client, leader):
    product = make.make_product(code="tax")
    metric = make.make_metric(product=product, code="taxed")
    make.make_valuation(metric=metric, low=Decimal(2), high=Decimal(2))
    answer = client.post(
        reverse("health:journey-add"),
        {
            "product": product.pk, "name": "Tax it", "code": "tax-it", "availability": "0.99", "response_ms": "1000",
            "metric": metric.pk,
        },
    )  # fmt: skip
    journey = Journey.objects.get(code="tax-it")
    assert answer.url == journey.get_absolute_url()
    bare = client.get(answer.url).content.decode()
    assert "No steps yet" in bare
    assert "Nobody was counted yet" in bare
    client.post(reverse("health:journey-divide", args=["tax-it"]))
    assert "has no steps" in client.get(answer.url).content.decode()
    for position, service in enumerate((make.make_service(), make.make_service(), make.make_service()), start=1):
        given = {
            "journey": journey.pk, "position": position, "name": f"Step {position}", "service": service.pk,
            "starts": "2026-01-01",
        }  # fmt: skip
        assert client.post(reverse("health:step-add"), given).status_code == 302
        given = {"journey": journey.pk, "position": position, "month": "2026-02", "entered": 90, "completed": 60}
        assert client.post(reverse("health:passage-add"), given).status_code == 302
    objective = make.make_objective(service=Step.objects.known().first().service)
    make.make_measurement(objective=objective, starts=date(2026, 3, 20))
    divided = client.post(reverse("health:journey-divide", args=["tax-it"]), {"how": "equal"}, follow=True)
    text = divided.content.decode()
    assert "3 steps changed" in text
    assert sorted(Step.objects.known().values_list("response_ms", flat=True)) == [333, 333, 334]
    for words in ("Worked at most", "334 ms", "journey-strip", "60.00", "2 steps are not measured"):
        assert words in text, words
    again = client.post("/api/v1/journeys/tax-it/divide/", {"how": "equal"}, content_type="application/json")
    assert (again.status_code, again.json()) == (200, [])
    assert (
        client.post("/api/v1/journeys/tax-it/divide/", {"how": "luck"}, content_type="application/json").status_code
        == 400
    )
    wrong = client.post(reverse("health:passage-add"), {"journey": journey.pk, "position": 1, "month": "2026-01",
                                                        "entered": 5, "completed": 6})  # fmt: skip
    assert wrong.status_code == 422
    assert "No more can complete" in wrong.content.decode()
    assert Passage.objects.known().count() == 3


def test_an_incident_is_told_with_what_it_cost_and_whom(client, leader):
    gateway = make.make_service(code="gateway")
    journey = make.make_journey(code="pay")
    make.make_step(journey=journey, service=gateway)
    metric = make.make_metric(product=gateway.product, unit="payments")
    make.make_valuation(metric=metric, low=Decimal(1), high=Decimal(4))
    answer = client.post(
        reverse("health:incident-add"),
        {
            "service": gateway.pk, "name": "Down", "code": "down", "severity": 1, "started_at": "2026-02-03T10:00",
            "restored_at": "2026-02-03T12:00",
        },
    )  # fmt: skip
    incident = Incident.objects.get(code="down")
    assert "Nobody has said yet" in client.get(answer.url).content.decode()
    stated = client.post(
        reverse("health:impact-add") + "?incident=down",
        {
            "incident": incident.pk, "metric": metric.pk, "starts": "2026-02-03", "ends": "2026-02-04", "lost": "100",
            "late": "0", "late_share": "0",
        },
    )  # fmt: skip
    assert stated.status_code == 302
    text = client.get(incident.get_absolute_url()).content.decode()
    for words in ("$100.00 to $400.00", "not known in advance", journey.name, "In all, once", gateway.product.name):
        assert words in text, words
    assert "Down" in client.get(journey.get_absolute_url()).content.decode()
    service = client.get(gateway.get_absolute_url()).content.decode()
    assert "Journeys that pass through it" in service
    assert "Incidents, and how it can fail" in service
    assert "What incidents cost its customers" in client.get(gateway.product.get_absolute_url()).content.decode()
    level = make.make_metric(behaviour="level")
    refused = client.post(
        "/api/v1/impacts/",
        {"incident": "down", "metric": level.code, "starts": "2026-02-03", "ends": "2026-02-04", "lost": "1"},
        content_type="application/json",
    )
    assert refused.status_code == 400
    assert Impact.objects.known().get().counted == 100
    later = client.post(
        reverse("health:incident-edit", args=["down"]),
        {"service": gateway.pk, "name": "Down", "severity": 1, "started_at": "2026-02-03T10:00",
         "restored_at": "2026-02-03T09:00"},
    )  # fmt: skip
    assert later.status_code == 422
    assert "cannot be restored before" in later.content.decode()


def test_failure_modes_stand_out_in_their_list_and_show_their_drills(client, leader):
    never, mode = make.make_failure_mode(name="Never tried"), make.make_failure_mode(name="Tried")
    make.make_drill(failure_mode=mode, held_on=date(2026, 3, 1), notes="The queue was too long.")
    text = client.get(reverse("health:failure-mode-list")).content.decode()
    assert "Never drilled" in text
    assert "Passed on 1 Mar 2026" in text
    due = client.get(reverse("health:failure-mode-list"), {"is_due": "true"}).context["page"].object_list
    assert list(due) == [never]
    assert "The queue was too long." in client.get(mode.get_absolute_url()).content.decode()
