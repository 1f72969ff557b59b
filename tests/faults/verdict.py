"""The verdict, in a process of its own that knows nothing but the database: `python -m tests.faults.verdict WHAT`.

`seed` makes a portfolio and prints how to sign in. `facts` prints what the writers' rows say. `honest` prints where
figures that are not said to be stale differ from their facts. `file` asks SQLite whether its file is
clean. `whole` works off the marks, works everything out anew, and prints what that changed.
"""

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402

from funding.models import LedgerEntry  # noqa: E402
from portfolio.common.models import ApiToken, StaleMark, User  # noqa: E402
from portfolio.rollup import actions, models  # noqa: E402
from portfolio.rollup.freshness import freshness  # noqa: E402
from portfolio.rollup.invariants import check_all  # noqa: E402
from products.value.models import Observation  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.faults.workload import FIRST_DAY, PRODUCTS  # noqa: E402

NOT_FIGURES = {"id", "run", "blocked_at", "solved_at", "seconds", "version", "cause", "rows", "figures", "is_due"}


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


def facts() -> dict[str, Any]:
    """Return, by key, what is known now and how many rows there are; keys known twice are told apart."""
    known: dict[str, Any] = {}
    rows: dict[str, int] = {}
    twice = []
    entries = LedgerEntry.objects.filter(reference__startswith="w").values_list(
        "retracted_at", "reference", "product__code", "starts", "ends", "amount"
    )
    seen = [(at, f"ledger-entries {key}", [*map(str, values), f"{amount:.2f}"]) for at, key, *values, amount in entries]
    observations = Observation.objects.values_list("retracted_at", "metric__code", "starts", "ends", "value")
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
    solved = getattr(models, "SolvedMonth", None)
    if solved:
        stale |= set(solved.objects.filter(is_due=True).values_list("month", flat=True))
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
    for name in ("ProductMonth", "MetricMonth", "LinkMonth", "BlockedMonth", "Standing"):
        model = getattr(models, name, None)
        if model is None:
            continue
        keys = ("window", "month", "product", "value_stream", "metric", "supplier", "consumer")
        names = [field.name for field in model._meta.concrete_fields if field.name not in NOT_FIGURES]
        found[name] = {
            " ".join(str(row[key]) for key in keys if key in row): [row[name] for name in names]
            for row in model.objects.values(*names)
        }
    if hasattr(models, "SolvedMonth"):
        found["SolvedMonth"] = solved_figures()
    return found


def solved_figures() -> dict[str, list]:
    """Return what the solved months hold, array by array."""
    from dataclasses import fields, is_dataclass

    from portfolio.rollup import snapshots

    months = list(models.SolvedMonth.objects.values_list("month", flat=True))
    return {
        f"{month} {each.name}": [repr(getattr(solved, each.name))]
        for month, solved in snapshots.solved_months(months).items()
        if is_dataclass(solved)
        for each in fields(solved)
        if each.name not in NOT_FIGURES
    }


def is_same(one: Any, other: Any) -> bool:
    """Whether two figures are: amounts to the cent, ratios to nine digits."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return one == other


def whole() -> list[str]:
    """Work off what is stale, then everything anew; return what differs, and what is wrong by itself."""
    for _ in range(100):
        actions.refresh_standings()
        if not freshness().stale:
            break
    problems = [f"{freshness().stale} product-months stay stale."] if freshness().stale else []
    before = figures()
    actions.roll_up(cause="the verdict")
    after = figures()
    for name, rows in after.items():
        for key in sorted(rows.keys() | before[name].keys()):
            old, new = before[name].get(key), rows.get(key)
            if not is_same(old, new):
                problems.append(f"{name} {key}: {old} was stored, {new} is right")
    problems += [
        f"{law['label']}: {law['found']}, not {law['needed']}" for law in check_all().values() if not law["held"]
    ]
    if not before["Standing"] or not before["ProductMonth"]:
        problems.append("There are no figures at all.")
    return problems


if __name__ == "__main__":
    [_, what] = sys.argv
    print(
        json.dumps({"seed": seed, "facts": facts, "honest": honest, "file": file, "whole": whole}[what](), default=str)
    )
