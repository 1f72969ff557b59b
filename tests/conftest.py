"""What every test may count on. Rows come from `tests/factories.py`."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Every request leaves rings of objects. Looking for them a hundred times less often costs some memory and saves a tenth
# of the time or more, for there is much else to look through.
gc.set_threshold(100_000, 50, 1_000)

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"  # public data that is kept beside the checkout

NOT_RUN = ("skipped", "xfailed")

# No property fails because a machine is slow; in CI the same examples are drawn every time.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, rather than skip, the tests of services and of public data that this run does not have."""
    absent = set()
    if not os.environ.get("CELERY_BROKER_URL"):
        absent.add("services")
    if not os.environ.get("DATABASE_URL", "").startswith(("postgres", "pgsql")):
        absent.add("postgresql")
    if not REAL_DATA.exists():
        absent.add("real_data")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _not_run(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [report for kind in NOT_RUN for report in (reporter.stats.get(kind, []) if reporter else [])]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a test that did not run is a failure: nobody reads a letter s in green."""
    if os.environ.get("CI") and exitstatus == pytest.ExitCode.OK and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    """Name the tests that did not run, where that is what failed the run."""
    if os.environ.get("CI"):
        for report in _not_run(config):
            terminalreporter.write_line(f"NOT RUN {report.nodeid}: {report.longrepr}", red=True)


def _empty_what_has_rows(case) -> None:
    """Empty the tables after a test that commits: those that have rows, rather than all with all their indexes.

    What Django makes itself, the kinds of rows and the permissions, is left as it is: no test changes them, and making
    them anew takes longer than the emptying.
    """
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, transaction

    kept = {ContentType._meta.db_table, Permission._meta.db_table, "django_migrations"}
    tables = sorted(set(connection.introspection.table_names(include_views=False)) - kept)
    name = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        has_rows = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {name(table)})" for table in tables)
        cursor.execute(" UNION ALL ".join(has_rows))
        # Not deleted: triggers keep rows that others refer to. Those that refer to what is emptied are so too.
        if found := ", ".join(name(table) for (table,) in cursor.fetchall()):
            cursor.execute(f"TRUNCATE {found} CASCADE")


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_quickly() -> None:
    """On PostgreSQL, emptying every table after each test that commits takes longer than most of these do."""
    from django.db import connection
    from django.test import TransactionTestCase

    if connection.vendor == "postgresql":
        TransactionTestCase._fixture_teardown = _empty_what_has_rows


@pytest.fixture(autouse=True)
def _nothing_is_kept_of_other_tests() -> None:
    """Begin each test without what a process keeps for every page: it would run out in the middle of some test."""
    from django.core.cache import cache

    from portfolio.rollup import checking, freshness

    cache.delete(checking.LATEST)
    freshness._latest = None


@pytest.fixture
def worker(transactional_db) -> Iterator[None]:
    """Run tasks in a real Celery worker over the broker that CELERY_BROKER_URL names.

    For tests marked `services`. The worker is a thread of this process, so it sees the test's database.
    """
    from celery.contrib.testing.worker import start_worker

    from portfolio.config.celery import app

    app.conf.task_always_eager = False
    try:
        app.control.purge()  # what an earlier, broken run left in the queue is not this test's work
        with start_worker(app, perform_ping_check=False, pool="threads", concurrency=2):
            yield
    finally:
        app.conf.task_always_eager = True
