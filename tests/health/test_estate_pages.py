"""Pages, files and the API of the estate."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.common.months import today
from products.health.models import Component, Service
from products.health.panels import PANELS, Panel, tells_service
from products.roadmaps.models import Item
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = today()
LISTS = ["service", "component", "process", "part", "dependency", "on-call", "support-date", "component-shelf-life"]
SINCE = date(2020, 1, 1)


@pytest.fixture
def leader(client):
    user = make.make_user("leader")
    client.force_login(user)
    return user


def address(kind: str) -> str:
    return reverse(f"health:{kind}" if kind == "component-shelf-life" else f"health:{kind}-list")


def make_rows(count: int) -> None:
    for _ in range(count):
        process = make.make_process(value_stream=make.make_value_stream())
        team, item = make.make_team(), make.make_item(kind="obsolescence", metric=None)
        service = make.make_service(process=process, owner=team, product=make.make_product(kind="platform"))
        component = make.make_component(owner=team, item=item, end_of_support=TODAY + timedelta(30), renewal_low=1)
        Component.objects.filter(pk=component.pk).update(renewal_high=2)
        make.make_part(service=service, component=component, starts=SINCE)
        make.make_dependency(service=service, starts=SINCE)
        make.make_on_call(service=service, team=team, starts=SINCE)
        make.make_support_date(cycle=str(Component.objects.count()))


def test_lists_take_as_many_queries_for_many_rows_as_for_one_and_sort_by_their_headers(client, leader):
    def queries(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200, url
        return len(captured)

    addresses = [*map(address, LISTS), reverse("health:service-map")]
    for kind in LISTS:
        assert "empty-title" in client.get(address(kind)).content.decode()
    make_rows(1)
    api = [f"/api/v1/{route}/" for route in ("services", "components", "parts", "on-call", "support-dates")]
    once = [queries(url) for url in (*addresses, *api)]
    make_rows(5)
    assert [queries(url) for url in (*addresses, *api)] == once
    for kind in LISTS:
        filterset = client.get(address(kind)).context["filter"]
        sorts = [value for value, _ in filterset.form.fields["sort"].choices if value]
        assert sorts, kind
        for sort in sorts:
            shown = client.get(address(kind), {"sort": sort, "format": "csv"})
            assert (shown.status_code, shown.headers["Content-Type"][:8]) == (200, "text/csv"), (kind, sort)
            shown.close()


def test_services_are_found_by_what_stands_out_and_by_who_offers_and_keeps_them(client, leader):
    stream = make.make_value_stream(code="driving")
    product = make.make_product(code="tax", value_stream=make.make_value_stream(parent=stream))
    team = make.make_team(code="ours")
    make.make_service(code="kept", product=product, owner=team)
    make.make_service(code="alone", product=make.make_product(kind="internal"))
    make.make_service(code="old", product=product, is_retired=True)

    def found(**query):
        pages = client.get(reverse("health:service-list"), query).context["page"]
        api = client.get("/api/v1/services/", query).json()["results"]
        assert {row["code"] for row in api} == {service.code for service in pages}
        return {service.code for service in pages}

    assert found() == {"kept", "alone"}
    assert found(stands_out="no-consumer") == found(stands_out="anything") == {"alone"}
    assert found(value_stream="driving") == found(product="tax") == found(owner="ours") == {"kept"}
    assert found(use="retired") == {"old"}
    assert found(use="all", search="old") == {"old"}
    shown = client.get("/api/v1/services/alone/").json()
    assert shown["stands_out"] == ["no-owner", "no-consumer"]


def test_the_page_of_a_service_is_its_hub(client, leader):
    service = make.make_service(code="pay", name="Pay", usual_hourly=1200, peak_hourly=5000, owner=make.make_team())
    component = make.make_component(code="db", name="Database", end_of_support=TODAY)
    make.make_part(service=service, component=component, starts=SINCE)
    make.make_on_call(service=service, team=make.make_team(name="Night watch"), starts=SINCE)
    make.make_dependency(service=service, needs=make.make_service(name="Identity"), starts=SINCE)
    process = make.make_process(code="taxing", name="Taxing")

    source = tells_service(
        lambda service, user, on: [Panel("promised", "What is promised", "health/_signs.html", {"signs": []})]
    )
    try:
        text = client.get(service.get_absolute_url()).content.decode()
    finally:
        PANELS.remove(source)
    for words in ("1,200", "Database", "No support", "Night watch", "Identity", "What is promised", "It is built of"):
        assert words in text, words
    text = client.get(component.get_absolute_url()).content.decode()
    assert "Without support since" in text
    assert "Pay" in text
    assert "Plan its renewal" in text
    changed = client.post(
        reverse("health:service-edit", args=["pay"]),
        {"name": "Pay", "process": process.pk, "usual_hourly": 9, "peak_hourly": 10},
    )
    assert changed.status_code == 302
    assert Service.objects.get(code="pay").process == process
    assert "Pay" in client.get(process.get_absolute_url()).content.decode()
    wrong = client.post(
        reverse("health:service-edit", args=["pay"]), {"name": "Pay", "usual_hourly": 9, "peak_hourly": 1}
    )
    assert wrong.status_code == 422
    assert "at least the usual one" in wrong.content.decode()
    text = client.get(reverse("health:service-map")).content.decode()
    assert "estate-picture" in text
    assert "Taxing" in text


def test_a_renewal_is_filled_in_and_goes_on_a_roadmap(client):
    roadmap = make.make_roadmap(code="ahead")
    product = roadmap.products.get()
    component = make.make_component(code="db", name="Database", end_of_support=TODAY + timedelta(60))
    make.make_part(component=component, service=make.make_service(product=product), starts=SINCE)
    url = reverse("health:component-renew", args=["db"])

    client.force_login(make.make_user("finance_partner"))
    assert client.get(url).status_code == 403
    assert "Put it on a roadmap" not in client.get(reverse("health:component-shelf-life")).content.decode()
    client.force_login(make.make_user("product_owner", product=product))
    assert url in client.get(reverse("health:component-shelf-life")).content.decode()
    given = client.get(url).context["form"].initial
    assert (given["roadmap"], given["product"], given["code"]) == (roadmap.pk, product.pk, "renew-db")
    body = {name: value for name, value in given.items() if value} | {"effort_low": "1", "effort_high": "3"}
    assert client.post(url, body | {"effort_high": ""}).status_code == 422
    assert client.post(url, body).status_code == 302
    item = Item.objects.get(code="renew-db")
    assert (item.kind, Component.objects.get(code="db").item, item.roadmap) == ("obsolescence", item, roadmap)
    assert client.get(url).url == item.get_absolute_url()
