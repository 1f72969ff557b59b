"""The API of funding."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from funding.models import LedgerEntry
from portfolio.common import actions
from tests.factories import (
    make_allocation,
    make_carry_forward,
    make_commitment,
    make_exchange_rate,
    make_guardrail,
    make_ledger_entry,
    make_product,
    make_stream,
    make_transfer,
    make_user,
    make_waiver,
)

pytestmark = pytest.mark.django_db

PATHS = {
    "streams": make_stream,
    "allocations": make_allocation,
    "ledger-entries": lambda: make_ledger_entry(stream=make_stream(), by=make_user("finance_partner")),
    "guardrails": lambda: make_guardrail(by=make_user("leader"), product=make_product()),
    "waivers": lambda: make_waiver(by=make_user("leader"), product=make_product()),
    "fx-rates": lambda: make_exchange_rate(starts=(day := next(_days)), ends=day + timedelta(1)),
    "commitments": lambda: make_commitment(stream=make_stream(), by=make_user("finance_partner")),
    "transfers": make_transfer,
    "carry-forwards": make_carry_forward,
}
_days = (date(2001, 1, 1) + timedelta(number) for number in count())


@pytest.fixture
def api() -> APIClient:
    """A caller who is a finance partner."""
    client = APIClient()
    client.user = make_user("finance_partner")
    client.force_authenticate(client.user)
    return client


def _errors(answer) -> dict[str, str]:
    assert answer["Content-Type"].startswith("application/problem+json")
    return {error["attr"]: error["detail"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("path", PATHS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    api, path, django_assert_num_queries, django_assert_max_num_queries
):
    PATHS[path]()
    with django_assert_max_num_queries(4) as first:
        api.get(f"/api/v1/{path}/")
    for _ in range(19):
        PATHS[path]()
    with django_assert_num_queries(len(first)):
        answer = api.get(f"/api/v1/{path}/")
    assert len(answer.json()["results"]) == 20


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_signed_in_reads_nothing(path):
    assert APIClient().get(f"/api/v1/{path}/").status_code == 401


def test_an_entry_is_recorded_with_codes_and_decimals_as_text(api):
    stream, product = make_stream(code="levy"), make_product(code="vehicle-tax")
    make_exchange_rate(rate=Decimal("0.8"))
    answer = api.post(
        "/api/v1/ledger-entries/",
        {"reference": "INV-1", "product": "vehicle-tax", "stream": "levy", "amount": "10.50", "currency": "EUR",
         "starts": "2026-01-01", "ends": "2026-02-01", "account": "6400"},
    )  # fmt: skip
    assert answer.status_code == 201
    entry = LedgerEntry.objects.get()
    assert (entry.product, entry.stream, entry.recorded_by) == (product, stream, api.user)
    body = answer.json()
    assert (body["product"], body["stream"], body["amount"], body["base_amount"]) == (
        "vehicle-tax", "levy", "10.50", "8.40",
    )  # fmt: skip
    assert (body["recorded_by"], body["retracted_at"]) == (api.user.username, None)


def test_a_missing_rate_is_told_at_the_currency(api):
    make_product(code="vehicle-tax")
    answer = api.post(
        "/api/v1/ledger-entries/",
        {"reference": "INV-1", "product": "vehicle-tax", "amount": "10.50", "currency": "EUR", "starts": "2026-01-01",
         "ends": "2026-02-01"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "no exchange rate from EUR to USD on 2026-01-01" in _errors(answer)["currency"]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"ends": "2026-01-01"}, "ends", "must come after the start"),
        ({"product": "no-such"}, "product", "no-such"),
        ({"currency": "XQX"}, "currency", "is not a currency"),
        ({"amount": "1.005"}, "amount", "2 decimal places"),
        ({"amount": "99999999999999999"}, "amount", "digits"),
        ({"starts": "0001-01-01"}, "starts", "out of reach"),
        ({"reference": "TAKEN"}, "reference", "already recorded"),
    ],
)
def test_an_error_names_its_field(api, given, field, words):
    make_product(code="vehicle-tax")
    make_ledger_entry(reference="TAKEN")
    data = {
        "reference": "INV-1",
        "product": "vehicle-tax",
        "amount": "10.50",
        "starts": "2026-01-01",
        "ends": "2026-02-01",
    }
    answer = api.post("/api/v1/ledger-entries/", data | given)
    assert answer.status_code == 400
    assert words in _errors(answer)[field]


def test_an_amount_too_large_in_the_base_currency_is_an_error(api):
    make_product(code="vehicle-tax")
    make_exchange_rate(rate=Decimal("1000"))
    answer = api.post(
        "/api/v1/ledger-entries/",
        {"reference": "INV-1", "product": "vehicle-tax", "amount": "99999999999999.99", "currency": "EUR",
         "starts": "2026-01-01", "ends": "2026-02-01"},
    )  # fmt: skip
    assert answer.status_code == 400


def test_an_entry_is_corrected_by_a_call_of_its_own(api):
    entry = make_ledger_entry(amount=Decimal("10.00"), reference="INV-1")
    before = timezone.now()
    answer = api.post(f"/api/v1/ledger-entries/{entry.pk}/correct/", {"amount": "12.00", "reason": "Misread"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["amount"], body["corrects"], body["reference"]) == ("12.00", entry.pk, "INV-1")
    assert api.post(f"/api/v1/ledger-entries/{entry.pk}/correct/", {"amount": "1", "reason": "x"}).status_code == 409
    old = api.get(f"/api/v1/ledger-entries/{entry.pk}/").json()
    assert (old["amount"], old["reason"]) == ("10.00", "Misread")

    def amounts(**query) -> list[str]:
        return [row["amount"] for row in api.get("/api/v1/ledger-entries/", query).json()["results"]]

    assert amounts() == ["12.00"]
    assert amounts(known=before.isoformat()) == ["10.00"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nothing_recorded_is_overwritten(api, method):
    entry = make_ledger_entry()
    assert getattr(api, method)(f"/api/v1/ledger-entries/{entry.pk}/", {"amount": "1"}).status_code == 405


def test_a_correction_and_a_retraction_need_a_reason(api):
    entry = make_ledger_entry()
    for verb in ("correct", "retract"):
        answer = api.post(f"/api/v1/ledger-entries/{entry.pk}/{verb}/", {"amount": "1"})
        assert "reason" in _errors(answer)


def test_a_rate_is_corrected_with_its_entries(api):
    rate = make_exchange_rate(rate=Decimal("0.80"))
    make_ledger_entry(amount=Decimal("100.00"), currency="EUR", starts=date(2026, 2, 1))
    answer = api.post(f"/api/v1/fx-rates/{rate.pk}/correct/", {"rate": "0.9", "reason": "Misread"})
    assert answer.status_code == 201
    assert api.get("/api/v1/ledger-entries/").json()["results"][0]["base_amount"] == "90.00"
    answer = api.post(f"/api/v1/fx-rates/{answer.json()['id']}/retract/", {"reason": "Misread"})
    assert answer.status_code == 400
    assert "Correct this rate so that it still covers that day" in answer.json()["detail"]


def test_entries_are_filtered_as_on_the_page(api):
    wanted = make_ledger_entry(account="6400", memo="Hosting", starts=date(2026, 3, 31), ends=date(2026, 5, 1))
    make_ledger_entry(starts=date(2026, 6, 1))
    for query in (
        {"product": wanted.product.code}, {"account": "6400"}, {"search": "host"}, {"month": "2026-04"},
        {"from": "2026-04-01", "to": "2026-04-02"},
    ):  # fmt: skip
        rows = api.get("/api/v1/ledger-entries/", query).json()["results"]
        assert [row["id"] for row in rows] == [wanted.pk], query
    assert "month" in _errors(api.get("/api/v1/ledger-entries/", {"month": "9999-12"}))


def test_a_stream_is_added_and_edited_by_code(api):
    answer = api.post("/api/v1/streams/", {"code": "levy", "name": "Levy", "currency": "GBP"})
    assert answer.status_code == 201
    answer = api.patch("/api/v1/streams/levy/", {"name": "The levy"})
    assert answer.json()["name"] == "The levy"
    make_allocation(stream=actions.save(make_stream(code="fund"), by=None))
    assert "currency" in _errors(api.patch("/api/v1/streams/fund/", {"currency": "EUR"}))


def test_an_allocation_says_its_currency(api):
    make_allocation(stream=make_stream(currency="GBP"))
    row = api.get("/api/v1/allocations/").json()["results"][0]
    assert (row["currency"], row["monthly_amount"]) == ("GBP", "1000.00")


def test_streams_are_filtered_by_category_and_say_when_their_review_is_due(api):
    make_stream(code="levy", category="grow", reviewed_on=date(2026, 1, 31), review_months=1)
    make_stream(code="fund", category="run")
    rows = api.get("/api/v1/streams/", {"category": "grow"}).json()["results"]
    assert [(row["code"], row["review_due"]) for row in rows] == [("levy", "2026-02-28")]
    assert "category" in _errors(api.get("/api/v1/streams/", {"category": "nothing"}))
    assert "one of run, grow, transform" in _errors(api.patch("/api/v1/streams/levy/", {"category": "x"}))["category"]


def test_entries_are_filtered_by_kind_of_expense(api):
    capital, operating = make_ledger_entry(is_capital=True), make_ledger_entry()
    for asked, wanted in (("capital", capital), ("operating", operating)):
        rows = api.get("/api/v1/ledger-entries/", {"expense": asked}).json()["results"]
        assert [(row["id"], row["is_capital"]) for row in rows] == [(wanted.pk, wanted.is_capital)]


def test_an_allocation_is_changed_from_a_day_on(api):
    allocation = make_allocation()
    path = f"/api/v1/allocations/{allocation.pk}/change/"
    change = {"monthly_amount": "1200.00", "starts": "2026-04-01", "why": "It does well."}
    answer = api.post(path, change)
    assert answer.status_code == 201
    ended, new = answer.json()
    assert (ended["ends"], ended["corrects"]) == ("2026-04-01", allocation.pk)
    assert (new["monthly_amount"], new["starts"], new["ends"], new["why"]) == (
        "1200.00", "2026-04-01", None, "It does well.",
    )  # fmt: skip
    assert api.post(path, change).status_code == 409  # this row is no longer the one that counts
    answer = api.post(f"/api/v1/allocations/{new['id']}/change/", change)
    assert (answer.status_code, answer.json()) == (200, [])
    answer = api.post(f"/api/v1/allocations/{ended['id']}/change/", change | {"starts": "2026-02-01"})
    assert "which is after 2026-02-01" in _errors(answer)["starts"]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"why": ""}, "why"), ({"monthly_amount": "-1"}, "monthly_amount"), ({"starts": "soon"}, "starts")],
)
def test_a_change_that_cannot_be_is_told_at_its_field(api, given, field):
    change = {"monthly_amount": "1200.00", "starts": "2026-04-01", "why": "It does well."} | given
    answer = api.post(f"/api/v1/allocations/{make_allocation().pk}/change/", change)
    assert answer.status_code == 400
    assert field in _errors(answer)


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("leader", "ledger-entries", 403),
        ("leader", "fx-rates", 403),
        ("product_owner", "allocations", 403),
        ("team_lead", "streams", 403),
        ("finance_partner", "streams", 400),
        ("leader", "allocations", 400),
    ],
)
def test_a_role_writes_what_is_its_own(role, path, status):
    client = APIClient()
    client.force_authenticate(make_user(role))
    assert client.post(f"/api/v1/{path}/", {}).status_code == status
