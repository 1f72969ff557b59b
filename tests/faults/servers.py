"""Real servers in a temporary folder, of the tests' own, to be killed: PostgreSQL, Redis, and the site's processes.

Nothing here reaches what else the machine runs: ports are free ones, and only processes started here are stopped.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until what does not come is given up; no measure of speed
TODAY = "2026-06-30"


def wait_for(what: str, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return what `condition` returns once that is true; fail, naming `what`, where it never is."""
    given_up = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > given_up:
            raise AssertionError(f"{what} did not come about within {patience:.0f} s.")
        time.sleep(0.02)
    return found


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    """Whether something listens on the port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Process:
    """A program in a process group of its own, with what it says in a file."""

    def __init__(self, name: str, arguments: list[str], folder: Path, **options: Any):
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **({"cwd": ROOT} | options),
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def send(self, number: int) -> None:
        """Send a signal to the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """Kill it and all that it started, at this instant."""
        self.send(signal.SIGKILL)
        self.popen.wait(PATIENCE)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end, and kill what is left of it where it does not."""
        if self.is_alive:
            self.popen.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(15)
        self.kill()

    def children(self) -> list[int]:
        """Return the processes that it started itself."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def kill_a_child(self, place: float) -> None:
        """Kill one of the processes that it started: of a worker, one of its pool."""
        with suppress(ProcessLookupError, FileNotFoundError):
            if children := self.children():
                os.kill(children[int(place * len(children))], signal.SIGKILL)

    def peak_memory(self) -> int:
        """Return the most memory that it has ever held, in bytes."""
        [line] = [line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if "VmHWM" in line]
        return int(line.split()[1]) * 1024

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Postgres:
    """A PostgreSQL server that forgets nothing it acknowledged when it is stopped at once."""

    def __init__(self, folder: Path):
        self.folder = folder / "postgres"
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.programs = self._programs()
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        arguments = [
            "initdb",
            "-D",
            str(self.folder / "data"),
            "-U",
            "twofold",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        self._run(*arguments, "--locale=C.UTF-8")
        self.process: Process | None = None

    @staticmethod
    def _programs() -> Path:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
        program = str(found[-1]) if found else shutil.which("initdb")
        assert program, "These tests start a PostgreSQL of their own: install it (Debian: apt-get install postgresql)."
        return Path(program).parent

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, *arguments], check=True, capture_output=True, cwd=self.folder, **self.user
        )

    def start(self) -> None:
        # What was acknowledged must outlive the server, not the machine: so commits are written, but not synced.
        options = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        arguments = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        self.process = Process(
            "postgres-server", [*arguments, *options.split()], self.folder.parent, cwd=self.folder, **self.user
        )
        wait_for("PostgreSQL", self.is_ready)

    def is_ready(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.address("postgres"), connect_timeout=2):
            return True
        return False

    def stop_at_once(self) -> None:
        """Stop without a checkpoint, in the middle of whatever it does, as a crash would."""
        self.process.stop(signal.SIGQUIT)

    def stop(self) -> None:
        if self.process:
            self.process.stop(signal.SIGINT)

    def address(self, database: str) -> str:
        return f"postgres://twofold@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str, template: str = "template0") -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


class Redis:
    """A Redis server that keeps nothing on disk."""

    def __init__(self, folder: Path):
        assert shutil.which("redis-server"), "These tests start a Redis of their own: install it (redis-server)."
        self.folder = folder
        self.port = free_port()
        self.process: Process | None = None

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def start(self) -> None:
        arguments = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self.process = Process("redis", [*arguments, "--dir", str(self.folder)], self.folder)

        def is_ready() -> bool:
            with suppress(redis.ConnectionError):
                return self.client.ping()
            return False

        wait_for("Redis", is_ready)

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        if self.process:
            self.process.stop()


class Site:
    """The site's processes over one database and one broker, each as the Procfile starts it."""

    def __init__(self, folder: Path, database: str, redis_port: int | None = None):
        self.folder = folder
        self.database = database
        self.port = free_port()
        self.started: list[Process] = []
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        } | {
            "SECRET_KEY": "a key for these tests alone, of no use anywhere else",
            "TWOFOLD_SECURE": "no",
            "TWOFOLD_TODAY": TODAY,
            "DATABASE_URL": database,
            "LOG_LEVEL": "WARNING",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis_port}/0" if redis_port else "",
            "CACHE_URL": f"rediscache://127.0.0.1:{redis_port}/1" if redis_port else "locmemcache://faults",
            "DJANGO_SETTINGS_MODULE": "portfolio.config.settings",
            "PYTHONWARNINGS": "ignore:No directory at:UserWarning",
        }  # fmt: skip

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """Start a module of Python under a name, by which PostgreSQL knows its connections too."""
        process = Process(
            name,
            [sys.executable, "-m", *arguments],
            self.folder,
            env=self.environment | {"PGAPPNAME": name} | environment,
        )
        self.started.append(process)
        return process

    def start_web(self, *, wait: bool = True, processes: int = 1, **environment: str) -> Process:
        arguments = f"uvicorn portfolio.config.asgi:application --port {self.port} --lifespan off --no-access-log"
        more = ["--workers", str(processes)] if processes > 1 else []
        web = self.start("web", *arguments.split(), "--log-level", "warning", *more, **environment)
        if wait:
            wait_for("The web process", lambda: answers(self.port))
        return web

    def start_worker(self, name: str = "worker", *, wait: bool = True, **environment: str) -> Process:
        arguments = f"celery -A portfolio.config worker --loglevel INFO --concurrency 2 -n {name}@faults"
        worker = self.start(name, *arguments.split(), LOG_LEVEL="INFO", **environment)
        if wait:
            seen = worker.said().count(" ready.")
            wait_for("The worker", lambda: worker.said().count(" ready.") > seen or not worker.is_alive)
        return worker

    def start_beat(self) -> Process:
        arguments = f"celery -A portfolio.config beat --loglevel INFO --schedule {self.folder / 'beat'}"
        return self.start("beat", *arguments.split())

    def run(self, *arguments: str) -> str:
        """Run Python with arguments to its end and return what it printed; fail where it did."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def stop(self) -> None:
        for process in self.started:
            process.send(signal.SIGCONT)
            process.kill()


class Clock:
    """A clock that can be put back: processes started with its environment go by it, all others by the real one."""

    def __init__(self, folder: Path):
        library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
        assert library, "These tests put back a clock: install libfaketime (Debian: apt-get install libfaketime)."
        folder.mkdir()
        self.file = folder / "clock"
        self.put(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def put(self, seconds: int) -> None:
        """Put the clock so many seconds before the real time (negative) or after it."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)


class Folder:
    """A temporary folder that the user `postgres` can reach."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="twofold-faults-"))
        self.path.chmod(0o711)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
