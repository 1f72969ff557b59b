"""The verdict, in a process of its own that knows nothing but the database: `python -m tests.faults.verdict WHAT...`.

`seed` makes a portfolio and prints how to sign in, `crowd` adds to it. `facts` prints what the writers' rows say.
`honest` prints where figures that are not said to be stale differ from their facts. `file` asks SQLite whether its file
is clean. `whole` works off the marks, works everything out anew, and prints what that changed.
"""

import json
import math
import sys
import time
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import django
import numpy as np

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from funding.models import LedgerEntry  # noqa: E402
from portfolio.common.models import ApiToken, StaleMark, User  # noqa: E402
from portfolio.common.months import add_months  # noqa: E402
from portfolio.intake.actions import load_rows  # noqa: E402
from portfolio.rollup import actions, models  # noqa: E402
from portfolio.rollup.freshness import freshness  # noqa: E402
from portfolio.rollup.invariants import check_all  # noqa: E402
from portfolio.rollup.snapshots import solved_months  # noqa: E402
from products.value.models import Observation  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.faults.workload import FIRST_DAY, PRODUCTS  # noqa: E402

CROWD = 200  # products under load


@transaction.atomic
def seed() -> dict[str, str]:
    """Make products in a ring of links, each with a valued metric and a team; return the headers that sign in."""
    stream = make.make_value_stream(code="all")
    products = [make.make_product(code=f"p{number}", value_stream=stream) for number in range(PRODUCTS)]
    discipline = make.make_discipline(code="engineering")
    make.make_rate(discipline=discipline, starts=FIRST_DAY, monthly_amount=Decimal("3000.00"))
    for number, product in enumerate(products):
        metric = make.make_metric(code=f"m{number}", product=product)
        make.make_valuation(metric=metric, starts=FIRST_DAY, low=Decimal(number + 1), high=Decimal(2 * number + 3))
        share = Decimal("0.3")
        make.make_link(supplier=product, consumer=products[(number + 1) % PRODUCTS], share=share, starts=FIRST_DAY)
        make.make_link(supplier=product, consumer=products[(number + 3) % PRODUCTS], share=share, starts=FIRST_DAY)
        team = make.make_team(code=f"t{number}")
        make.make_membership(person=make.make_person(code=f"a{number}"), team=team, discipline=discipline)
        make.make_assignment(team=team, product=product, share=Decimal("0.5"))
    user = User.objects.create_superuser("root", password="correct horse battery")
    browser = Client()
    browser.force_login(user)
    return {
        "Authorization": f"Bearer {ApiToken.objects.create(user, name='faults')[1]}",
        "Cookie": f"sessionid={browser.cookies['sessionid'].value}",
    }


def crowd() -> int:
    """Add products to `seed` until there are enough for a load: each with a metric, links, and half a year of facts."""
    names = [f"p{number}" for number in range(PRODUCTS, CROWD)]
    months = [date(2026, month, 1) for month in range(1, 7)]
    files: dict[str, list[dict[str, str]]] = {
        "products": [{"code": code, "name": f"Product {code}", "value_stream": "all"} for code in names],
        "metrics": [
            {"code": f"m-{code}", "product": code, "name": f"Metric {code}", "behaviour": "flow", "unit": "uses"}
            for code in names
        ],
        "valuations": [
            {"metric": f"m-{code}", "low": "1", "high": "3", "evidence": "estimated", "asserted_by": "A partner"}
            | {"source": "A judgement", "starts": str(FIRST_DAY)}
            for code in names
        ],
        "links": [
            {
                "supplier": code,
                "consumer": names[(place * 7 + 3) % len(names)],
                "share": "0.2",
                "starts": str(FIRST_DAY),
            }
            for place, code in enumerate(names)
            if (place * 7 + 3) % len(names) != place
        ],
        "observations": [
            {"metric": f"m-{code}", "starts": str(month), "ends": str(add_months(month, 1)), "value": f"{place + 1}"}
            for place, code in enumerate(names)
            for month in months
        ],
        "ledger-entries": [
            {"reference": f"crowd-{code}-{month}", "product": code, "starts": str(month), "amount": f"{place + 7}"}
            | {"ends": str(add_months(month, 1)), "currency": "USD"}
            for place, code in enumerate(names)
            for month in months
        ],
    }
    for kind, rows in files.items():
        report = load_rows(kind, rows)
        assert report.is_applied, report.errors[:3]
    return CROWD


def facts() -> dict[str, Any]:
    """Return, by key, what is known now and how many rows there are; keys known twice are told apart."""
    known: dict[str, Any] = {}
    rows: dict[str, int] = {}
    twice = []
    entries = LedgerEntry.objects.filter(reference__startswith="w").values_list(
        "retracted_at", "reference", "product__code", "starts", "ends", "amount"
    )
    seen = [(at, f"ledger-entries {key}", [*map(str, values), f"{amount:.2f}"]) for at, key, *values, amount in entries]
    observations = Observation.objects.exclude(metric__code__startswith="m-").values_list(
        "retracted_at", "metric__code", "starts", "ends", "value"
    )
    seen += [
        (at, f"observations {code} {day}", [str(end), f"{value:.4f}"]) for at, code, day, end, value in observations
    ]
    for at, key, fact in seen:
        rows[key] = rows.get(key, 0) + 1
        if at is not None:
            known.setdefault(key, None)
        elif known.get(key) is not None:
            twice.append(key)
        else:
            known[key] = fact
    return {"known": known, "rows": rows, "twice": twice}


@transaction.atomic
def honest() -> list[str]:
    """Return the months that pass for fresh, although their costs are not those of the ledger; at one instant."""
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    stale = set(StaleMark.objects.values_list("month", flat=True))
    stale |= set(models.SolvedMonth.objects.filter(is_due=True).values_list("month", flat=True))
    stored: dict[tuple[int, date], int] = {
        (product, month): int(cost * 100)
        for product, month, cost in models.ProductMonth.objects.values_list("product_id", "month", "ledger_cost")
    }
    needed = LedgerEntry.objects.known().cents_by_product_month()
    until = date(2026, 6, 1)  # no figures are made for months to come
    return [
        f"{product} in {month:%Y-%m}: {stored.get((product, month))} is stored, {needed.get((product, month))} needed"
        for product, month in sorted(stored.keys() | needed.keys())
        if month <= until and month not in stale and stored.get((product, month), 0) != needed.get((product, month), 0)
    ]


def file() -> list[tuple]:
    """Return what SQLite says of its own file: `ok`, and no key that points nowhere."""
    with connection.cursor() as cursor:  # with the functions of ours that the tables' rules call
        checks = ("PRAGMA integrity_check", "PRAGMA foreign_key_check")
        return [row for check in checks for row in cursor.execute(check).fetchall()]


def figures() -> dict[str, dict[str, list]]:
    """Return every figure that is stored, by what it is of."""
    found: dict[str, dict[str, list]] = {}
    for model in (models.ProductMonth, models.BlockedMonth, models.Standing):
        keys = ("window", "month", "product", "value_stream")
        names = [field.name for field in model._meta.concrete_fields if field.name not in {"id", "run", "blocked_at"}]
        found[model.__name__] = {
            " ".join(str(row[key]) for key in keys if key in row): [row[name] for name in names]
            for row in model.objects.values(*names)
        }
    months = list(models.SolvedMonth.objects.values_list("month", flat=True))
    found["SolvedMonth"] = {str(month): plain(solved) for month, solved in solved_months(months).items()}
    return found


def plain(value: Any) -> Any:
    """Return what is in an object of arrays, as lists; but for its version."""
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value) if field.name != "version"]
    return value.tolist() if isinstance(value, np.ndarray) else value


def is_same(one: Any, other: Any) -> bool:
    """Whether two figures are: amounts to the cent, ratios to nine digits."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return one == other


def whole() -> list[str]:
    """Work off what is stale, then everything anew; return what differs, and what is wrong by itself."""
    given_up = time.monotonic() + 60
    while freshness().stale and time.monotonic() < given_up:
        actions.refresh_standings()  # a worker may still be at it: then this finds nothing to do
    problems = [f"{freshness().stale} product-months stay stale."] if freshness().stale else []
    before = figures()
    actions.roll_up(cause="the verdict")
    after = figures()
    for name, rows in after.items():
        for key in sorted(rows.keys() | before[name].keys()):
            old, new = before[name].get(key), rows.get(key)
            if not is_same(old, new):
                wrong = [pair for pair in zip(old or [None], new or [None], strict=False) if not is_same(*pair)]
                problems.append(f"{name} {key}: (was stored, is right): {wrong}"[:500])
    problems += [
        f"{law['label']}: {law['found']}, not {law['needed']}" for law in check_all().values() if not law["held"]
    ]
    if not before["Standing"] or not before["ProductMonth"]:
        problems.append("There are no figures at all.")
    return problems


if __name__ == "__main__":
    ways = {"seed": seed, "crowd": crowd, "facts": facts, "honest": honest, "file": file, "whole": whole}
    print(json.dumps([ways[what]() for what in sys.argv[1:]], default=str))
