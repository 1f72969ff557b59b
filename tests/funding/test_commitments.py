"""Commitments, transfers between streams, and what is carried into the next fiscal year."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from funding.models import CarryForward, Commitment, Transfer
from portfolio.common import actions
from tests import factories as make

pytestmark = pytest.mark.django_db


def refused(act, *args, **given) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        act(*args, **given)
    return caught.value.message_dict if hasattr(caught.value, "error_dict") else {"": caught.value.messages}


def test_a_commitment_is_converted_at_the_rate_of_its_first_day_and_its_months_add_back():
    make.make_exchange_rate(currency="EUR", rate=Decimal("0.85"))
    row = make.make_commitment(currency="EUR", amount=Decimal("100.01"), ends=date(2026, 4, 1))
    assert row.base_amount == Decimal("85.01")
    assert list(row.cents_by_month()) == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert sum(row.cents_by_month().values()) == 8_501


def test_a_commitment_is_outstanding_until_it_is_settled_and_was_so_as_known_before():
    row = make.make_commitment()
    before = row.recorded_at
    new = actions.correct(row, changes={"settled_on": date(2026, 2, 1)}, reason="Invoiced.", by=None)
    assert not Commitment.objects.known().outstanding().exists()
    assert list(Commitment.objects.known(before).outstanding()) == [row]
    assert new.reference == row.reference


def test_a_commitments_reference_is_used_once():
    make.make_commitment(reference="PO-1")
    assert "already recorded" in str(refused(make.make_commitment, reference="PO-1"))


def test_a_transfer_is_counted_in_both_streams_and_the_base_currency_at_the_rates_of_its_day():
    make.make_exchange_rate(currency="EUR", rate=Decimal("1.10"))
    make.make_exchange_rate(currency="GBP", rate=Decimal("1.32"))
    row = make.make_transfer(
        from_stream=make.make_stream(currency="EUR"), to_stream=make.make_stream(currency="GBP"), amount=Decimal("120")
    )
    assert (row.base_amount, row.received_amount) == (Decimal("132.00"), Decimal("100.00"))


def test_a_transfer_goes_from_one_stream_to_another_and_is_above_zero():
    stream = make.make_stream()
    assert "both are the same" in str(refused(make.make_transfer, from_stream=stream, to_stream=stream))
    assert "amount" in refused(make.make_transfer, amount=Decimal("-5.00"))


def test_a_second_transfer_between_the_same_streams_on_one_day_is_refused():
    row = make.make_transfer()
    again = {"from_stream": row.from_stream, "to_stream": row.to_stream, "moved_on": row.moved_on}
    assert "already a transfer" in str(refused(make.make_transfer, **again))


def test_money_is_carried_into_the_first_day_of_a_fiscal_year_once(settings):
    settings.TWOFOLD_FISCAL_YEAR_START = 4
    row = make.make_carry_forward(year=date(2026, 4, 1), amount=Decimal("-20.00"))
    assert (row.year_before_name, row.year_name) == ("2025/26", "2026/27")
    assert "starts on 2026-04-01" in refused(make.make_carry_forward, year=date(2026, 5, 1))["year"][0]
    assert "already carries" in str(refused(make.make_carry_forward, stream=row.stream, year=row.year))
    assert "no event" in str(refused(make.make_carry_forward, year=row.year, amount=Decimal(0)))


def test_a_rate_takes_what_is_converted_at_it_along_when_it_is_corrected():
    rate = make.make_exchange_rate(currency="EUR", rate=Decimal("0.50"))
    stream = make.make_stream(currency="EUR")
    make.make_commitment(currency="EUR")
    make.make_transfer(from_stream=stream)
    make.make_transfer(to_stream=stream)
    actions.correct(rate, changes={"rate": Decimal("0.80")}, reason="Typed wrongly.", by=None)
    assert Commitment.objects.known().get().base_amount == Decimal("80.00")
    given, taken = Transfer.objects.known().get(from_stream=stream), Transfer.objects.known().get(to_stream=stream)
    assert (given.base_amount, taken.received_amount) == (Decimal("80.00"), Decimal("125.00"))


@pytest.mark.parametrize("kind", ["commitment", "transfer"])
def test_a_rate_that_a_row_is_converted_at_cannot_go(kind):
    rate = make.make_exchange_rate(currency="EUR")
    if kind == "commitment":
        make.make_commitment(currency="EUR")
    else:
        make.make_transfer(to_stream=make.make_stream(currency="EUR"))
    assert f"which {kind}" in str(refused(actions.retract, rate, reason="Wrong.", by=None))


def test_a_stream_keeps_its_currency_once_money_was_carried_forward():
    stream = make.make_carry_forward().stream
    stream.currency = "EUR"
    assert "currency" in refused(actions.save, stream, by=None)


def test_a_finance_partner_records_a_commitment_and_says_when_the_books_have_it(client):
    client.force_login(make.make_user("finance_partner"))
    product = make.make_product(code="tax")
    given = {
        "reference": "PO-7", "product": product.pk, "supplier": "Scanner Ltd", "amount": "1200", "currency": "usd",
        "starts": "2026-03-01", "ends": "2026-04-01", "account": "6100",
    }  # fmt: skip
    page = client.post("/funding/commitments/add/?product=tax", given, follow=True)
    assert "Scanner Ltd" in page.content.decode()
    row = Commitment.objects.get()
    client.post(f"{row.get_absolute_url()}correct/", given | {"settled_on": "2026-04-02", "reason": "Invoiced."})
    shown = client.get(Commitment.objects.known().get().get_absolute_url()).content.decode()
    assert "Since 2 Apr 2026" in shown
    assert client.get("/funding/commitments/?settled=no").context["page"].paginator.count == 0


def test_transfers_of_a_stream_are_found_at_either_end(client):
    client.force_login(make.make_user())
    stream = make.make_stream(code="fees")
    rows = {make.make_transfer(from_stream=stream).pk, make.make_transfer(to_stream=stream).pk}
    make.make_transfer()
    assert {row.pk for row in client.get("/funding/transfers/?stream=fees").context["page"]} == rows


def test_what_is_carried_forward_is_shown_with_both_years(client):
    client.force_login(make.make_user())
    row = make.make_carry_forward()
    assert "2025 into 2026" in client.get("/funding/carry-forwards/").content.decode()
    assert CarryForward.objects.get() == row
