"""Backing up, restoring and comparing, on the database that this run has."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import restore_drill

ROOT = Path(__file__).resolve().parents[2]

#: Writes a small portfolio, rolled up.
MAKE = """
import django; django.setup()
from datetime import date
from decimal import Decimal
from tests import factories as make
tax, checks = make.make_product(code="tax"), make.make_product(code="checks")
for product, amount in ((tax, "1000.01"), (checks, "333.33")):
    make.make_ledger_entry(product=product, starts=date(2016, 1, 1), ends=date(2016, 4, 1), amount=Decimal(amount))
metric = make.make_metric(product=tax, code="renewals")
make.make_valuation(metric=metric, starts=date(2016, 1, 1))
make.make_observation(metric=metric, starts=date(2016, 2, 1), ends=date(2016, 3, 1), value=Decimal("123.4567"))
make.make_link(supplier=checks, consumer=tax, starts=date(2016, 1, 1), share=Decimal("0.333333"))
"""


def run(address: str, *command: str, **more: str) -> subprocess.CompletedProcess:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portfolio.config.settings",
        "SECRET_KEY": "a key for the tests alone, of no use anywhere else",
        "DATABASE_URL": address,
        "CELERY_BROKER_URL": "",
        "CACHE_URL": "locmemcache://drill",
        "TWOFOLD_TODAY": "2016-03-31",
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment | more,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def made(address: str) -> None:
    for command in (("manage.py", "migrate", "--verbosity=0"), ("-c", MAKE)):
        done = run(address, *command)
        assert done.returncode == 0, done.stderr


def assert_succeeds(address: str) -> None:
    done = run(address, "-m", "scripts.restore_drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "standings are identical to the byte" in done.stdout
    assert "invariants hold" in done.stdout
    assert "all standings come to the same" in done.stdout
    assert " 0 standings" not in done.stdout


def test_a_restore_on_sqlite_brings_everything_back(tmp_path):
    address = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    made(address)
    before = (tmp_path / "site.sqlite3").stat().st_size

    assert_succeeds(address)

    assert (tmp_path / "site.sqlite3").stat().st_size == before
    with sqlite3.connect(tmp_path / "site.sqlite3") as site:  # a fact that was bent makes the drill fail
        site.execute("UPDATE funding_ledgerentry SET base_amount = base_amount + 1")
    failed = run(address, "-m", "scripts.restore_drill")
    assert failed.returncode == 1
    assert "The drill failed" in failed.stderr


@pytest.mark.postgresql
def test_a_restore_on_postgresql_brings_everything_back():
    import psycopg

    server, _, name = os.environ["DATABASE_URL"].rpartition("/")
    name = f"{name}_drilled"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            made(f"{server}/{name}")
            assert_succeeds(f"{server}/{name}")
            left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}\\_drill\\_%"])
            assert left.fetchall() == []
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_what_differs_is_named():
    standing = '{"window": "t12m", "product": "tax"}'
    before = {"tables": {"a": [3, "x"], "b": [1, "y"], "c": [1, "z"]}, "standings": [standing]}
    after = {"tables": {"a": [2, "w"], "b": [1, "v"], "c": [1, "z"]}, "standings": []}
    assert restore_drill.differences(before, after) == [
        "a: 3 rows were backed up, 2 restored",
        "b: 1 rows were backed up, 1 restored, and what they hold differs",
        "standings: 1 lines differ",
    ]
    assert restore_drill.differences(before, before) == []
