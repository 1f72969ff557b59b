"""A process that writes through the actions: `python -m tests.faults.writing NAME COUNT`.

It prints each write that was acknowledged, at once, so that what was said before a kill is known.
"""

import json
import sys
from datetime import timedelta
from decimal import Decimal
from random import Random

import django

django.setup()

from funding.models import LedgerEntry  # noqa: E402
from portfolio.common import actions  # noqa: E402
from products.catalog.models import Product  # noqa: E402
from tests.faults.workload import DAYS, FIRST_DAY, PRODUCTS  # noqa: E402


def main(name: str, count: int) -> None:
    """Record `count` ledger entries, and correct every third; print key, fact and how many rows there now are."""
    chance = Random(name)
    for number in range(count):
        starts = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        row = LedgerEntry(
            reference=f"w{name}-{number}",
            product=Product.objects.get(code=f"p{chance.randrange(PRODUCTS)}"),
            starts=starts,
            ends=starts + timedelta(days=1),
            amount=Decimal(chance.randrange(1, 100_000)) / 100,
        )
        actions.record(row, by=None)
        say(row, 1)
        if number % 3 == 2:
            say(actions.correct(row, changes={"amount": row.amount + 1}, reason="It was wrong.", by=None), 2)


def say(row: LedgerEntry, rows: int) -> None:
    fact = [row.product.code, str(row.starts), str(row.ends), f"{row.amount:.2f}"]
    print(json.dumps([f"ledger-entries {row.reference}", fact, rows]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
