"""The PostgreSQL and the Redis that the measurements use: found, and left as they were.

Every measurement has a database of its own, made anew and dropped at its end, and the queue and the cache have numbered
databases of Redis that were empty.
"""

import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = ("postgres://postgres@127.0.0.1:5432/postgres", "postgres:///postgres")
REDIS = "redis://127.0.0.1:6379/0"
TODAY = date(2026, 1, 31)  # where the calendar stands still: the last day of the last month that has facts
NEEDS = (
    "The measurements need a PostgreSQL whose user may create databases, and a Redis. Name them in DATABASE_URL "
    "(postgres://user:password@host:5432/name) and CELERY_BROKER_URL (redis://host:6379/0), or start them on this "
    "machine, on their usual ports."
)
Result = TypeVar("Result")


class Failed(RuntimeError):
    """Something cannot be measured; the message says what was found and what is needed."""


@dataclass
class Services:
    """Where the services are, and what was made on them."""

    postgres: str  #: address of a database to connect to while others are made and dropped
    redis: str  #: address without a database
    queue: int  #: number of the Redis database for messages
    cache: int  #: and for the cache
    template: str = ""  #: an empty database with all tables, to copy others from
    static: str = "staticfiles"  #: folder of the collected static files
    key: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def at(self, database: str) -> str:
        """Return the address of a database."""
        parts = urlsplit(self.postgres)
        return urlunsplit(parts._replace(path=f"/{database}"))

    def environment(self, database: str) -> dict[str, str]:
        """Return what web server, workers and this program's own processes are told."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
        return kept | {
            "DATABASE_URL": self.at(database),
            "CELERY_BROKER_URL": f"{self.redis}/{self.queue}",
            "CACHE_URL": f"{self.redis}/{self.cache}",
            "DJANGO_SETTINGS_MODULE": "portfolio.config.settings",
            "SECRET_KEY": self.key,
            "TWOFOLD_TODAY": TODAY.isoformat(),
            "TWOFOLD_SECURE": "no",
            "STATIC_ROOT": self.static,
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }

    def version(self) -> str:
        """Return which PostgreSQL this is."""
        with psycopg.connect(self.postgres) as connection:
            return f"PostgreSQL {connection.info.server_version // 10_000}"

    def forget_messages(self) -> None:
        """Empty the queue and the cache."""
        for number in (self.queue, self.cache):
            with redis.Redis.from_url(f"{self.redis}/{number}") as client:
                client.flushdb()


def find() -> Services:
    """Return the services that the environment names, or else those of this machine; say what is missing."""
    postgres = [os.environ["DATABASE_URL"]] if os.environ.get("DATABASE_URL", "").startswith("postgres") else POSTGRES
    found = next((address for address in postgres if _answers(address)), None)
    if not found:
        raise Failed(f"No PostgreSQL answers at {' or '.join(map(_without_password, postgres))}. {NEEDS}")
    broker = os.environ.get("CELERY_BROKER_URL") or REDIS
    server = urlunsplit(urlsplit(broker)._replace(path="", query=""))
    empty: list[int] = []
    try:
        for number in range(15, -1, -1):
            with redis.Redis.from_url(f"{server}/{number}", socket_connect_timeout=2) as client:
                if len(empty) < 2 and not client.dbsize():
                    empty.append(number)
    except redis.RedisError as error:
        raise Failed(f"No Redis answers at {_without_password(server)} ({error}). {NEEDS}") from error
    if len(empty) < 2:
        raise Failed(f"The Redis at {_without_password(server)} has no two empty databases. {NEEDS}")
    return Services(found, server, queue=empty[0], cache=empty[1])


def _answers(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# -- databases ---------------------------------------------------------------------------------------------------


@contextmanager
def database(services: Services, name: str, like: str = "") -> Iterator[str]:
    """Make a database, empty with all tables or a copy of another one; drop it at the end. Yields its name."""
    full = f"twofold_bench_{os.getpid()}_{name}"
    with psycopg.connect(services.postgres, autocommit=True) as connection:
        copied = f' TEMPLATE "{like or services.template}"' if like or services.template else ""
        connection.execute(f'CREATE DATABASE "{full}"{copied}')
    try:
        yield full
    finally:
        with psycopg.connect(services.postgres, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)')


@contextmanager
def migrated(services: Services) -> Iterator[None]:
    """Make the template of all databases by the migrations."""
    with database(services, "template") as name:
        run(["manage.py", "migrate", "--noinput", "--verbosity", "0"], services.environment(name))
        services.template = name
        try:
            yield
        finally:
            services.template = ""


# -- processes ---------------------------------------------------------------------------------------------------


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run one of our programs to its end and return what it printed; its failure is ours."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def apart(environment: dict[str, str], act: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a fresh process with Django set up, so that nothing that one keeps helps the next."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, initializer=_begin, initargs=(environment,)) as pool:  # which ends with us, whatever it does
        return pool.apply(act, arguments)


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()


@contextmanager
def started(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """Run one of our programs beside this one, and stop it at the end."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def workers(count: int, environment: dict[str, str], folder: Path) -> Iterator[list[int]]:
    """Start Celery workers of one process each, as on hosts of their own; yield the ids of their main processes."""
    command = ["-m", "celery", "-A", "portfolio.config", "worker", "--loglevel", "WARNING", "--concurrency", "1"]
    names = [f"bench-{os.getpid()}-{number}" for number in range(count)]
    with ExitStack() as running:
        processes = [
            running.enter_context(started([*command, "--hostname", f"{name}@%h"], environment, folder / f"{name}.log"))
            for name in names
        ]
        for name, process in zip(names, processes, strict=True):
            wait_until(
                lambda name=name, process=process: _is_ready(process, environment, name),  # type: ignore[misc]
                60,
                "a Celery worker",
                folder / f"{name}.log",
            )
        yield [process.pid for process in processes]


def _is_ready(process: subprocess.Popen, environment: dict[str, str], name: str) -> bool:
    if process.poll() is not None:
        return False
    from celery import Celery

    with Celery(broker=environment["CELERY_BROKER_URL"]) as app:
        answers = app.control.ping(timeout=1)
    return any(each.startswith(name) for answer in answers for each in answer)


def wait_until(
    is_done: Callable[[], bool], seconds: float, what: str, log: Path | None = None, *, every: float = 0.05
) -> None:
    """Ask every so many seconds until it is so; say what did not come about, with what its log has to say."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            said = f":\n{log.read_text()[-3000:]}" if log and log.exists() else "."
            raise Failed(f"Waited {seconds:.0f} s in vain for {what}{said}")
        time.sleep(every)


# -- what processes cost -----------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """Return how long a process of this machine has run on a core, exactly: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def family(pid: int) -> list[int]:
    """Return a process and all that it has started and that run still."""
    found = [pid]
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += family(int(child))
    return found


def family_cpu(pid: int) -> float:
    """Return the CPU seconds of a process and of all it has started, those that have ended included."""
    return sum(_with_ended(each) for each in family(pid))


def _with_ended(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def postmaster(connection: psycopg.Connection) -> int | None:
    """Return the process that all of PostgreSQL's others come from; None where it runs elsewhere."""
    with suppress(OSError):
        backend = Path(f"/proc/{connection.info.backend_pid}")
        if (backend / "comm").read_text().strip() == "postgres":
            return int((backend / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def memory(pid: int) -> tuple[float, float]:
    """Return what a process holds in memory now, and the most it has held, in MiB."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def forget_peak(pid: int) -> None:
    """Begin to count the most that a process has held in memory anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def end_on_signals() -> None:
    """Turn a request to stop into an exception, so that what was made is taken away."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
