"""Two people at once: a rate that is being replaced, and an entry that is converted at it."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common import actions
from tests.factories import make_exchange_rate, make_product

TRIES = 200


def _wait_for_a_waiter(waiting: threading.Thread) -> None:
    """Return once another connection waits for a name that this one holds."""
    with connection.cursor() as cursor:
        for _ in range(TRIES):
            cursor.execute("SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[1] or not waiting.is_alive():
                return
    raise AssertionError("Nobody waited for the exchange rate.")


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
