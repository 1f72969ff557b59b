"""Web servers to measure, and what a request costs them.

The server is the one of the Procfile, one process of it, and so is the yardstick's. What a request costs is the CPU time
of that process; the time that passes until the answer is there, over one connection kept open, is said beside it.
"""

import http.client
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.services import cpu_seconds, started, wait_until

UVICORN = ["-m", "uvicorn", "--host", "127.0.0.1", "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
TWOFOLD = "portfolio.config.asgi:application"
HELLO = "bench.hello:application"
MOST_SECONDS = 900  # for one answer


@dataclass(frozen=True)
class Request:
    """What is asked of a server, and the status that its answer must have."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: tuple[int, ...] = (200,)


@dataclass(frozen=True)
class Cost:
    """What one request took, in seconds: of the server's CPU, and by the clock."""

    cpu: float
    wall: float


class Server:
    """A running web server and one connection to it."""

    def __init__(self, port: int, pid: int):
        self.port, self.pid = port, pid
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)

    def send(self, request: Request) -> bytes:
        """Return the body of the answer; an answer with another status ends the measurement."""
        self._connection.request(request.method, request.path, request.body or None, dict(request.headers))
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status not in request.status:
            raise SystemExit(f"{request.method} {request.path} answered {answer.status}: {body[:2000].decode()}")
        return body

    def cost(self, ask: Callable[[], Request], seconds: float) -> Cost:
        """Return what a request costs on average, asking until that much CPU time is used, twice at least."""
        requests = 0
        wall, cpu = time.perf_counter(), cpu_seconds(self.pid)
        while requests < 2 or cpu_seconds(self.pid) - cpu < seconds:
            self.send(ask())
            requests += 1
        return Cost((cpu_seconds(self.pid) - cpu) / requests, (time.perf_counter() - wall) / requests)


@contextmanager
def serving(application: str, environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Serve an application on a free port until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"server-{port}.log"
    with started([*UVICORN, "--port", str(port), application], dict(environment), log) as process:
        wait_until(lambda: _listens(port) or process.poll() is not None, 60, f"{application} to listen", log)
        yield Server(port, process.pid)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Beside:
    """What requests of one kind cost beside hello, round for round: medians of the rounds."""

    cost: Cost
    hello: Cost
    cpu_ratio: float
    wall_ratio: float
    rounds: int


def beside_hello(
    hello: Server, server: Server, asked: Mapping[str, Callable[[], Request]], *, rounds: int, seconds: float
) -> dict[str, Beside]:
    """Return what each kind of request costs beside hello; in each round all kinds, one after the other.

    Every kind is asked a few times before, so that what a process does once is not counted.
    """
    for ask in asked.values():
        for _ in range(3):
            server.send(ask())
    say_hello = Request("/")
    hello.cost(lambda: say_hello, seconds)
    of_hello: list[Cost] = []
    of_kind: dict[str, list[Cost]] = {kind: [] for kind in asked}
    for _ in range(rounds):
        of_hello.append(hello.cost(lambda: say_hello, seconds))
        for kind, ask in asked.items():
            of_kind[kind].append(server.cost(ask, seconds))
    return {
        kind: Beside(
            _medians(costs),
            _medians(of_hello),
            statistics.median(cost.cpu / base.cpu for cost, base in zip(costs, of_hello, strict=True)),
            statistics.median(cost.wall / base.wall for cost, base in zip(costs, of_hello, strict=True)),
            rounds,
        )
        for kind, costs in of_kind.items()
    }


def _medians(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.cpu for cost in costs), statistics.median(cost.wall for cost in costs))
