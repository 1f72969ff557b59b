"""Serve the demo on a free port of this machine, for the browser tests and the screenshots."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN = 90  # seconds
UVICORN = ["--host", "127.0.0.1", "--lifespan", "off", "--log-level", "warning"]
# What a server inherits: enough to run a program, nothing that could point it at a real site's data.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class ServerFailed(RuntimeError):
    """The demo could not be made or did not start; the message carries what it printed."""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the demo in `folder`."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        "TWOFOLD_DEMO": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "SECRET_KEY": "a key for the browser tests alone, of no use anywhere else",
        "PYTHONUNBUFFERED": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_demo(folder: Path) -> None:
    """Make the demo's database in `folder`."""
    for command in (["migrate", "--noinput", "--verbosity", "0"], ["demo"]):
        made = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerFailed(f"`manage.py {command[0]}` failed:\n{made.stdout}{made.stderr}")


@contextmanager
def demo_server(folder: Path, *, make: Callable[[Path], None] = make_demo) -> Iterator[str]:
    """Make the demo in `folder`, serve it as in production (ASGI), and yield its address, without a slash."""
    make(folder)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "portfolio.config.asgi:application", *UVICORN, "--port", str(port)],
            cwd=ROOT,
            env=environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ServerFailed(f"The demo's server stopped at once:\n{log.read_text()}")
        try:
            with urlopen(f"{address}/accounts/login/", timeout=5):  # noqa: S310 (our own server)
                return
        except HTTPError as error:
            raise ServerFailed(f"The sign-in page answered {error.code}:\n{log.read_text()}") from error
        except URLError:
            time.sleep(0.1)
    raise ServerFailed(f"The demo's server did not answer within {START_WITHIN} s:\n{log.read_text()}")
