"""The pages, the API and the files of closed months, and what other pages say of them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from funding.models import PeriodClose
from portfolio.common.months import add_months
from portfolio.rollup import actions
from tests.factories import (
    make_close,
    make_ledger_entry,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
)
from tests.files import content

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY = date(2016, 1, 1), date(2016, 2, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 4, 15)


@pytest.fixture
def finance(client):
    """Sign a finance partner in."""
    user = make_user("finance_partner")
    client.force_login(user)
    return user


@pytest.fixture
def product():
    made = make_product(code="tax", name="Vehicle tax")
    make_ledger_entry(product=made, starts=JANUARY, amount=Decimal("100.00"), reference="A-1")
    metric = make_metric(product=made)
    make_valuation(metric=metric, low=Decimal(2), high=Decimal(2), starts=JANUARY)
    make_observation(metric=metric, starts=JANUARY, value=Decimal(100))
    return made


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_finance_partner_closes_months_on_a_page_that_says_what_it_will_do(client, finance, product):
    actions.refresh_standings()
    page = text(client.get("/funding/closes/add/"))
    assert "3 months would be closed: January 2016 to March 2016." in page
    assert "Nothing prevents it" in page
    assert "January 2016 would be closed." in text(client.get("/funding/closes/add/?month=2016-01"))
    response = client.post("/funding/closes/add/", {"month": "2016-02", "note": "Books done"}, follow=True)
    assert "January 2016 to February 2016 are closed, 2 months." in text(response)
    assert "Closed up to February 2016" in text(response)
    assert PeriodClose.objects.through() == FEBRUARY
    assert {close.recorded_by for close in PeriodClose.objects.known()} == {finance}


def test_the_page_says_what_prevents_a_close(client, finance, product):
    assert "The figures of January 2016 are not up to date" in text(client.get("/funding/closes/add/?month=2016-01"))
    response = client.post("/funding/closes/add/", {"month": "2016-01"})
    assert response.status_code == 422
    assert "The figures of January 2016 are not up to date" in text(response)
    for month in ("2016-04", "", "nonsense"):
        assert client.post("/funding/closes/add/", {"month": month}).status_code == 422
    assert "Only a month" not in text(client.get("/funding/closes/add/?month=nonsense"))


def test_the_list_and_a_close_say_what_came_late_and_where_it_counts(client, finance, product):
    close = make_close(month=JANUARY, note="Books done")
    make_ledger_entry(product=product, starts=JANUARY, amount=Decimal("7.00"))
    actions.refresh_standings()
    listed = text(client.get("/funding/closes/"))
    assert "Late, and counted in February 2016: $7.00 of cost, $0.00 of value" in listed
    shown = text(client.get(close.get_absolute_url()))
    assert "$7.00 of cost, $0.00 of value; counted in the first month that was open then" in shown
    assert "$100.00" in shown
    assert "$200.00" in shown


def test_the_last_month_is_opened_again_with_a_reason_and_stays_on_record(client, finance, product):
    close = make_close(month=FEBRUARY)
    january = PeriodClose.objects.known().get(month=JANUARY)
    assert "Open again" not in text(client.get(january.get_absolute_url()))
    assert client.post(f"{january.get_absolute_url()}retract/", {"reason": "Again"}).status_code == 422
    address = f"{close.get_absolute_url()}retract/"
    assert client.post(address, {"reason": ""}).status_code == 422
    response = client.post(address, {"reason": "An invoice was missing"}, follow=True)
    assert "February 2016 is open again." in text(response)
    assert "An invoice was missing" in text(client.get("/funding/closes/"))
    assert client.post(address, {"reason": "Again"}).status_code == 409
    assert PeriodClose.objects.through() == JANUARY


def test_others_read_closes_and_change_none(client, product):
    close = make_close(month=JANUARY)
    client.force_login(make_user("leader"))
    assert "Close months" not in text(client.get("/funding/closes/"))
    assert "Open again" not in text(client.get(close.get_absolute_url()))
    assert client.get("/funding/closes/add/").status_code == 403
    assert client.post(f"{close.get_absolute_url()}retract/", {"reason": "Again"}).status_code == 403


def test_the_list_takes_as_many_queries_for_twenty_months_as_for_one(client, finance):
    make_ledger_entry(product=make_product(), starts=date(2014, 1, 1), amount=Decimal("1.00"))
    make_close(month=date(2014, 1, 1))

    def queries() -> int:
        client.get("/funding/closes/")  # what every page says of freshness is read once
        with CaptureQueriesContext(connection) as found:
            client.get("/funding/closes/")
        return len(found)

    one = queries()
    make_close(month=add_months(date(2014, 1, 1), 20))
    assert PeriodClose.objects.known().count() == 21
    assert queries() == one


def test_before_any_close_the_list_says_what_closing_is_for(client, finance):
    assert "No month is closed yet" in text(client.get("/funding/closes/"))
    assert "There is nothing to close" in text(client.get("/funding/closes/add/"))


# -- what other pages say ------------------------------------------------------------------------------------------


def test_whoever_records_something_for_a_closed_month_is_told_where_it_counts(client, finance, product):
    make_close(month=FEBRUARY)
    given = {"reference": "B-1", "product": product.pk, "amount": "9.00", "currency": "USD"}
    response = client.post("/funding/ledger/add/", given | {"starts": "2016-01-05", "ends": "2016-03-05"}, follow=True)
    assert "January 2016 to February 2016 are closed; this counts in March 2016 as a correction." in text(response)
    response = client.post(
        "/funding/ledger/add/", given | {"reference": "B-2", "starts": "2016-03-05", "ends": "2016-03-06"}, follow=True
    )
    assert "closed" not in text(response).replace("Closed months", "")


def test_whoever_records_shares_for_a_closed_month_is_told_that_they_move_nothing_in_it(client, product):
    make_close(month=FEBRUARY)
    client.force_login(make_user("leader"))
    other = make_product()
    response = client.post(
        "/network/links/add/",
        {"supplier": product.pk, "consumer": other.pk, "share": "0.5", "starts": "2016-01-01"},
        follow=True,
    )
    assert "are closed, with the shares there were; this counts from March 2016 on." in text(response)


def test_the_page_of_a_late_entry_says_in_which_month_it_counts(client, finance, product):
    before = make_ledger_entry(product=product, starts=JANUARY)
    make_close(month=JANUARY)
    late = make_ledger_entry(product=product, starts=JANUARY)
    make_close(month=FEBRUARY)
    assert "counts in February 2016 as a correction" in text(client.get(late.get_absolute_url()))
    assert "as a correction" not in text(client.get(before.get_absolute_url()))


def test_the_page_of_a_closed_month_and_of_the_one_after_it_add_up(client, finance, product):
    make_ledger_entry(product=product, starts=FEBRUARY, amount=Decimal("50.00"))
    make_close(month=JANUARY)
    moment = timezone.now()
    make_ledger_entry(product=product, starts=JANUARY, amount=Decimal("7.00"), reference="B-1")
    metric = product.metrics.get()
    make_observation(metric=metric, starts=date(2016, 1, 20), value=Decimal(5))
    actions.refresh_standings()
    later = timezone.now()
    for asked in ({}, {"known": f"{later:%Y-%m-%dT%H:%M:%S.%fZ}"}):
        closed = client.get("/product/tax/2016-01/", asked)
        assert "January 2016 is closed" in text(closed)
        assert "Beside the lines as they are now" in text(closed)
        assert (closed.context["figures"].ledger, closed.context["closing"].ledger) == (100_00, -7_00)
        assert not closed.context["ledger_differs"]
        taken = client.get("/product/tax/2016-02/", asked)
        assert "Late for January 2016" in text(taken)
        assert (taken.context["figures"].ledger, taken.context["closing"].ledger) == (57_00, 7_00)
        assert (taken.context["figures"].made, taken.context["closing"].value) == (10_00, 10_00)
        assert taken.context["ledger_total"] == Decimal("57.00")
        assert not taken.context["ledger_differs"]
    then = client.get("/product/tax/2016-02/", {"known": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"})
    assert then.context["figures"].ledger == 50_00
    assert "Late for" not in text(then)


# -- API and files -------------------------------------------------------------------------------------------------


@pytest.fixture
def api():
    made = APIClient()
    made.force_authenticate(make_user("finance_partner"))
    return made


def test_months_are_closed_and_opened_again_over_the_api(api, product):
    actions.refresh_standings()
    answer = api.post("/api/v1/period-closes/", {"month": "2016-02", "note": "Books done"}, format="json")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["month"], made["cost"], made["note"]) == ("2016-02", "0.00", "Books done")
    listed = api.get("/api/v1/period-closes/").json()["results"]
    assert [(row["month"], row["cost"], row["value"]) for row in listed] == [
        ("2016-02", "0.00", "0.00"), ("2016-01", "100.00", "200.00"),
    ]  # fmt: skip
    assert [row["month"] for row in api.get("/api/v1/period-closes/?month=2016-01").json()["results"]] == ["2016-01"]
    january = f"/api/v1/period-closes/{listed[1]['id']}/"
    refused = api.post(f"{january}retract/", {"reason": "Again"}, format="json")
    assert refused.status_code == 400
    assert "Re-open February 2016 first." in refused.content.decode()
    gone = api.post(f"/api/v1/period-closes/{made['id']}/retract/", {"reason": "An invoice"}, format="json")
    assert (gone.status_code, gone.json()["reason"]) == (200, "An invoice")
    assert api.get(f"/api/v1/period-closes/{made['id']}/").json()["retracted_at"] is not None
    assert len(api.get("/api/v1/period-closes/").json()["results"]) == 1


@pytest.mark.parametrize("body", [{}, {"month": "2016-13"}, {"month": 7}, {"month": "2016-04"}, {"month": "2015-12"}])
def test_the_api_refuses_a_close_and_says_of_which_month(api, product, body):
    actions.refresh_standings()
    answer = api.post("/api/v1/period-closes/", body, format="json")
    assert answer.status_code == 400
    assert "month" in answer.content.decode()


def test_the_list_downloads_whole(client, finance, product):
    make_close(month=FEBRUARY)
    lines = content(client.get("/funding/closes/?format=csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("month,ledger_cost,cost,value,late_cost,late_value,note,digest")
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["2016-02", "0.00", "0.00", "0.00"], ["2016-01", "100.00", "100.00", "200.00"],
    ]  # fmt: skip
