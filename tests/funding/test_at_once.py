"""Two people at once: a rate that is being replaced and an entry converted at it; two changes of one allocation."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from funding.actions import change_allocation
from funding.models import Allocation, ExchangeRate, LedgerEntry
from portfolio.common import actions
from tests.factories import make_allocation, make_exchange_rate, make_product

TRIES = 200


def _wait_for_a_waiter(waiting: threading.Thread, kinds: tuple[str, ...] = ("advisory",)) -> None:
    """Return once another connection waits for what this one holds: a name, or a row."""
    with connection.cursor() as cursor:
        for _ in range(TRIES):
            cursor.execute(
                "SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE locktype = ANY(%s) AND NOT granted", [list(kinds)]
            )
            if cursor.fetchone()[1] or not waiting.is_alive():
                return
    raise AssertionError("Nobody waited.")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_entry_waits_for_its_rate_to_be_corrected():
    rate = make_exchange_rate(rate=Decimal("0.80"))
    entry = LedgerEntry(
        reference="A-1", product=make_product(), amount=Decimal("100.00"), currency="EUR",
        starts=date(2026, 2, 1), ends=date(2026, 2, 2),
    )  # fmt: skip

    def record() -> None:
        try:
            actions.record(entry, by=None)
        finally:
            connection.close()

    thread = threading.Thread(target=record)
    with transaction.atomic():
        actions.correct(rate, changes={"rate": Decimal("0.90")}, reason="Misread", by=None)
        thread.start()
        _wait_for_a_waiter(thread)
    thread.join()
    assert ExchangeRate.objects.known().get().rate == Decimal("0.90")
    assert LedgerEntry.objects.known().get().base_amount == Decimal("90.00")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_of_an_allocation_waits_for_another_and_builds_on_it():
    allocation, april = make_allocation(), date(2026, 4, 1)

    def change(amount: int) -> None:
        given = {"monthly_amount": Decimal(amount), "starts": april, "why": f"{amount} is enough."}
        change_allocation(allocation, **given, by=None)

    def later() -> None:
        try:
            change(6)
        finally:
            connection.close()

    thread = threading.Thread(target=later)
    with transaction.atomic():
        change(5)
        thread.start()
        _wait_for_a_waiter(thread, ("transactionid", "tuple"))
    thread.join()
    known = Allocation.objects.known().order_by("starts").values_list("monthly_amount", "starts", "ends")
    assert list(known) == [(1000, allocation.starts, april), (6, april, None)]
