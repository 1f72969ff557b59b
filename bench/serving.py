"""Web servers to measure, and what a request costs them.

The server is the one of the Procfile, one process of it, and so is the yardstick's. What a request costs is CPU time
of that process; the time that passes until the answer is there, over one connection kept open, is said beside it.
"""

import http.client
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from bench.services import Failed, cpu_seconds, started, wait_until

UVICORN = ["-m", "uvicorn", "--host", "127.0.0.1", "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
TWOFOLD = "portfolio.config.asgi:application"
HELLO = "bench.hello:application"
MOST_SECONDS = 900  # for one answer
MOST_IDLE = 2  # seconds, before the server gives a connection up, which it does after five


@dataclass(frozen=True)
class Request:
    """What is asked of a server, and the status that its answer must have."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: tuple[int, ...] = (200,)


@dataclass(frozen=True)
class Answer:
    """What came back: headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sender(Protocol):
    """What carries out requests: a server, or this process."""

    def send(self, request: Request) -> Answer:
        """Return the answer; one with another status than it must have ends the measurement."""


Act = Callable[[Sender], object]  #: what is measured: one request or several


def sending(request: Request) -> Act:
    """Return the act of one request."""
    return partial(_send, request)


def _send(request: Request, sender: Sender) -> None:
    sender.send(request)


def checked(request: Request, answer: Answer) -> Answer:
    """Return an answer that has the status it must have."""
    if answer.status not in request.status:
        said = answer.body[:2000].decode(errors="replace")
        raise Failed(f"{request.method} {request.path} answered {answer.status}: {said}")
    return answer


@dataclass(frozen=True)
class Cost:
    """What one act took, in seconds: of the server's CPU, and by the clock."""

    cpu: float
    wall: float


class Server:
    """A running web server and one connection to it."""

    def __init__(self, port: int, pid: int):
        self.port, self.pid = port, pid
        self._used = 0.0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)

    def send(self, request: Request) -> Answer:
        """Return the answer; see `Sender`."""
        if time.monotonic() - self._used > MOST_IDLE:
            self._connection.close()  # it opens again by itself
        self._connection.request(request.method, request.path, request.body or None, dict(request.headers))
        answer = self._connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
        self._used = time.monotonic()
        return checked(request, Answer(answer.status, headers, body))

    def cost(self, make: Callable[[], Act], seconds: float) -> Cost:
        """Return what an act costs on average, repeating it until that much CPU time is used, twice at least."""
        acts = 0
        wall, cpu = time.perf_counter(), cpu_seconds(self.pid)
        while acts < 2 or cpu_seconds(self.pid) - cpu < seconds:
            make()(self)
            acts += 1
        return Cost((cpu_seconds(self.pid) - cpu) / acts, (time.perf_counter() - wall) / acts)


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
    """What acts of one kind cost beside hello, round for round: medians of the rounds."""

    cost: Cost
    hello: Cost
    cpu_ratio: float
    wall_ratio: float
    rounds: int


def beside_hello(
    hello: Server, server: Server, made: Mapping[str, Callable[[], Act]], *, rounds: int, seconds: float
) -> dict[str, Beside]:
    """Return what each kind of act costs beside hello; in each round all kinds, one after the other.

    `made` has a maker of acts for each kind. Each is done a few times before, so that what a process does once is
    not counted.
    """
    for make in made.values():
        for _ in range(3):
            make()(server)
    say_hello = sending(Request("/"))
    hello.cost(lambda: say_hello, seconds)
    of_hello: list[Cost] = []
    of_kind: dict[str, list[Cost]] = {kind: [] for kind in made}
    for _ in range(rounds):
        of_hello.append(hello.cost(lambda: say_hello, seconds))
        for kind, make in made.items():
            of_kind[kind].append(server.cost(make, seconds))
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
