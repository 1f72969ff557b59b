"""Hundreds of open pages on one real server: what they cost the database, what they hear, and how it ends.

`LIVE_READERS=500` opens as many; fewer will do to see that nothing grows with them.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from portfolio.rollup import actions
from portfolio.rollup.models import Run
from tests.board.conftest import make_earning
from tests.factories import make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
READERS = int(os.environ.get("LIVE_READERS", "60"))
PATIENCE = 60  # seconds until what does not come is given up; no measure of speed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def server(tmp_path) -> Iterator[tuple[subprocess.Popen, int]]:
    """A server of the tests' database, in a process of its own."""
    about = connection.settings_dict
    login = f"{about['USER']}:{about['PASSWORD']}@" if about["USER"] else ""
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")},
        "DATABASE_URL": f"postgres://{login}{about['HOST']}:{about['PORT'] or 5432}/{about['NAME']}",
        "CELERY_BROKER_URL": "",
        "CACHE_URL": "locmemcache://live",
        "SECRET_KEY": settings.SECRET_KEY,
        "TWOFOLD_SECURE": "no",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    arguments = [
        "portfolio.config.asgi:application",
        "--lifespan",
        "off",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        given_up = time.monotonic() + PATIENCE
        while time.monotonic() < given_up:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield process, port
    finally:
        process.kill()
        process.wait()
        print((tmp_path / "server.log").read_text())  # noqa: T201 - shown where the test fails


class Reader:
    """An open page: what it heard, and whether its stream has ended."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.heard_at = 0.0
        self.has_ended = False

    async def listen(self, port: int, cookie: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n\r\n".encode())
        status = await reader.readline()
        assert b"200" in status, status
        while line := await reader.readline():
            if line.startswith(b"id: "):
                self.runs.append(int(line[4:]))
                self.heard_at = time.monotonic()
        self.has_ended = True
        writer.close()


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return cursor.fetchone()[0]


def _memory(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return ", ".join(" ".join(line.split()) for line in lines if line.startswith(("VmRSS", "Threads")))


def _until(condition) -> None:
    given_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < given_up, "It did not come about."
        time.sleep(0.02)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_open_pages_cost_the_database_one_connection_and_end_with_the_server(server):
    process, port = server
    make_earning()
    actions.refresh_standings()
    first = Run.objects.latest("pk").pk
    client = Client()
    client.force_login(make_user())

    pages = [Reader() for _ in range(READERS)]
    with _listening(pages, port, client.cookies["sessionid"].value):
        _until(lambda: all(page.runs for page in pages))
        assert {tuple(page.runs) for page in pages} == {(first,)}
        _until(lambda: _connections() <= 2)  # the poller's and the test's: readers hold none
        before, cpu, began = _transactions(), _cpu(process.pid), time.monotonic()
        time.sleep(6)
        asked, spent = _transactions() - before, time.monotonic() - began
        busy = (_cpu(process.pid) - cpu) / spent
        # However the question is put, it is one a second; one of each reader would be hundreds.
        assert asked / spent < 12, f"{READERS} readers cost {asked} transactions in {spent:.0f} s."

        at = time.monotonic()
        latest = Run.objects.create(cause="a test", started_at=timezone.now(), seed=1).pk
        _until(lambda: all(page.runs[-1] == latest for page in pages))
        heard = sorted(page.heard_at - at for page in pages)
        print(  # noqa: T201 - `-s` shows it
            f"\n{READERS} readers: {asked} transactions in {spent:.1f} s, {busy:.1%} of a core, "
            f"{_memory(process.pid)}; a new run heard after {heard[0]:.2f} to {heard[-1]:.2f} s"
        )

        process.send_signal(signal.SIGTERM)
        _until(lambda: all(page.has_ended for page in pages))
        _until(lambda: process.poll() is not None)


@contextmanager
def _listening(pages: list[Reader], port: int, cookie: str) -> Iterator[None]:
    """Open the pages in a thread of their own, and close them at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    tasks = [asyncio.run_coroutine_threadsafe(page.listen(port, cookie), loop) for page in pages]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
