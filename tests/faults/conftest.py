"""Servers for the tests of faults: started once, a fresh database and fresh processes for each test.

Each process of a parallel run has servers of its own. A test marked `alone` waits until no other runs, and holds them
off.

`FAULTS=1` (the default of `make faults`) runs all of it, `FAULTS=0.1` a tenth. `FAULTS_SEED` draws other instants.
"""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import psycopg
import pytest

from tests.faults.servers import Folder, Postgres, Redis, Site, wait_for
from tests.faults.workload import Notebook, Stream

SCALE = float(os.environ.get("FAULTS", "1"))
SEED = int(os.environ.get("FAULTS_SEED", "1"))


def scaled(count: int, least: int = 1) -> int:
    """Return how many of `count` this run does."""
    return max(least, round(count * SCALE))


def pytest_configure(config: pytest.Config) -> None:
    """End in order when told to, so that no server outlives the run."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the many short ones for the end, so that no core is idle, and after them what runs alone."""
    items.sort(key=lambda item: (item.get_closest_marker("alone") is not None, item.path.stem == "test_uploads"))


@pytest.fixture(autouse=True)
def turn(request) -> Iterator[None]:
    """Wait for this test's turn: the processes of a parallel run share the lock of this file."""
    with Path(__file__).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
        yield


class Stage(Site):
    """A site with its servers, somebody signed in, and the verdicts on it."""

    def __init__(
        self, *arguments, postgres: Postgres | None = None, redis: Redis | None = None, signed_in: dict[str, str]
    ):
        super().__init__(*arguments, redis_port=redis.port if redis else None)
        self.postgres, self.redis, self.signed_in = postgres, redis, signed_in

    def writing(self, **options) -> Stream:
        """Return writers; inside `with` they write."""
        return Stream(self.port, self.signed_in, **({"seed": SEED} | options))

    def verdict(self, *what: str) -> list:
        """Return the verdict on each, all from one process: starting it takes longer than most of them."""
        return json.loads(self.run("-m", "tests.faults.verdict", *what))

    def hint(self, times: int = 1) -> None:
        """Send the refresh task, as beat does every minute: here it is not waited for."""
        code = "from portfolio.config.celery import app\nfor _ in range({}): app.send_task('rollup.refresh_standings')"
        self.run("-c", code.format(times))

    def stale(self) -> int:
        """Return how many marks, months that are due and months that the standings are behind of there are."""
        query = """
            SELECT (SELECT count(*) FROM common_stalemark) + (
                SELECT count(*) FROM rollup_solvedmonth AS solved WHERE is_due OR (version > 0 AND version::text IS
                DISTINCT FROM (SELECT versions ->> to_char(solved.month, 'YYYY-MM') FROM rollup_run ORDER BY id DESC
                LIMIT 1)))"""
        with psycopg.connect(self.database, autocommit=True) as connection:
            [count] = connection.execute(query).fetchone()
        return count

    def count(self, references: str) -> int:
        """Return how many ledger entries have a reference like this."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            query = "SELECT count(*) FROM funding_ledgerentry WHERE reference LIKE %s"
            [count] = connection.execute(query, [references]).fetchone()
        return count

    def come_to_rest(self) -> None:
        """Have the workers bring all figures up to date; they need no more than the hint that beat sends."""
        for _ in range(20):
            if not self.stale():
                return
            self.hint()
            with suppress(AssertionError):
                wait_for("Fresh figures", lambda: not self.stale(), 10)
        raise AssertionError(f"The workers leave {self.stale()} marks and months as they are.")

    def check_honest(self) -> None:
        """Fail where a figure that is not said to be stale is wrong, at this very instant."""
        [wrong] = self.verdict("honest")
        assert not wrong, "\n".join(wrong[:20])

    def check(self, notebook: Notebook) -> None:
        """Fail unless all that was acknowledged is there once and nothing else, and the figures are right."""
        found, dishonest, differences = self.verdict("facts", "honest", "whole")
        wrong = [f"{key} is known twice" for key in found["twice"]]
        for key in sorted(notebook.known.keys() | found["known"].keys()):
            is_, was = found["known"].get(key), notebook.known.get(key)
            if key not in notebook.known:
                wrong.append(f"{key} is there, {is_}, though nobody was told so")
            elif is_ != was:
                wrong.append(f"{key}: {is_} is known, {was} was acknowledged")
            elif found["rows"].get(key, 0) != notebook.rows[key]:
                wrong.append(f"{key}: {found['rows'].get(key, 0)} rows, {notebook.rows[key]} were acknowledged")
        assert not wrong, f"{len(wrong)} of {len(notebook.known)}:\n" + "\n".join(wrong[:20])
        assert not notebook.refusals, "\n".join(notebook.refusals[:20])
        assert not dishonest, "\n".join(dishonest[:20])
        assert not differences, "\n".join(differences[:20])


@pytest.fixture(scope="session")
def folder() -> Iterator[Folder]:
    made = Folder()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def postgres(folder: Folder) -> Iterator[Postgres]:
    server = Postgres(folder.path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis(folder: Folder) -> Iterator[Redis]:
    server = Redis(folder.path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def seeded(folder: Folder, postgres: Postgres) -> dict[str, str]:
    """Make the database that others are copied from; return the headers of somebody signed in to it."""
    postgres.make_database("seeded")
    site = Site(folder.path, postgres.address("seeded"))
    site.run("-m", "django", "migrate", "--verbosity", "0")
    [signed_in] = json.loads(site.run("-m", "tests.faults.verdict", "seed"))
    return signed_in


@pytest.fixture
def site(folder: Folder, postgres: Postgres, redis: Redis, seeded: dict[str, str], request) -> Iterator[Stage]:
    """A site on PostgreSQL and Redis whose web process runs; the test starts what else it needs."""
    for server, is_up in ((postgres, postgres.process.is_alive), (redis, redis.process.is_alive)):
        if not is_up:
            server.start()
    redis.client.flushall()
    postgres.make_database("site", "seeded")
    place = folder.path / request.node.name.replace("/", "-")
    place.mkdir()
    made = Stage(place, postgres.address("site"), postgres=postgres, redis=redis, signed_in=seeded)
    made.start_web()
    yield made
    _end(made, request)


@pytest.fixture(scope="session")
def seeded_file(folder: Folder) -> tuple[Path, dict[str, str]]:
    """Make the file that embedded databases are copied from; return it with the headers of somebody signed in."""
    file = folder.path / "seeded.sqlite3"
    site = Site(folder.path, f"sqlite:///{file}")
    site.run("-m", "django", "migrate", "--verbosity", "0")
    [signed_in] = json.loads(site.run("-m", "tests.faults.verdict", "seed"))
    return file, signed_in


@pytest.fixture
def embedded(folder: Folder, seeded_file: tuple[Path, dict[str, str]], request) -> Iterator[Stage]:
    """A site on SQLite, with two web processes and no broker: roll-ups are done by whoever writes."""
    file, signed_in = seeded_file
    place = folder.path / request.node.name
    place.mkdir()
    shutil.copy(file, place / "db.sqlite3")
    made = Stage(place, f"sqlite:///{place / 'db.sqlite3'}", signed_in=signed_in)
    made.start_web(processes=2)
    yield made
    _end(made, request)


def _end(stage: Stage, request: pytest.FixtureRequest) -> None:
    stage.stop()
    if request.node.stash.get(FAILED, False):
        for process in {process.name: process for process in stage.started}.values():
            print(f"--- {process.name}:\n{process.said()[-3000:]}")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def chance(request) -> Random:
    """Chance that can be had again: from the seed and the test's name."""
    return Random(f"{SEED} {request.node.name}")
