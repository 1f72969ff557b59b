"""Twofold sites to measure: a database of some size with its environment, the people who use it, its statements."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.generator import Size, load
from bench.services import Services, apart, database, run
from bench.serving import HELLO, TWOFOLD, Act, Answer, Request, Server, checked, serving

SENT = re.compile(r"\tF\t\d+\t(Query|Execute)\b")


@dataclass(frozen=True)
class Keys:
    """How someone with every role signs in: as a browser, and as a program."""

    cookie: str
    token: str

    @property
    def browser(self) -> dict[str, str]:
        """The headers a browser sends."""
        return {"Cookie": f"sessionid={self.cookie}", "Accept": "text/html"}

    @property
    def program(self) -> dict[str, str]:
        """The headers a program sends."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


@dataclass
class Site:
    """One database, with what it takes to run Twofold on it."""

    size: Size
    database: str
    address: str
    environment: dict[str, str]
    folder: Path
    keys: Keys
    is_rolled_up: bool = False

    @contextmanager
    def served(self) -> Iterator[Server]:
        """Serve it as in production."""
        with serving(TWOFOLD, self.environment, self.folder) as server:
            yield server

    def roll_up(self) -> None:
        """Work out all figures, unless they were."""
        if not self.is_rolled_up:
            run(["manage.py", "rollup", "--full"], self.environment)
            self.is_rolled_up = True

    def look_over(self) -> None:
        """Let PostgreSQL look over what was written, as its autovacuum does within minutes."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def statements(self, makers: list[Callable[[], Act]]) -> list[int]:
        """Return how many SQL statements each act sends to PostgreSQL, all of them: BEGIN and COPY too."""
        return apart(self.environment, count_statements, [(make(), make()) for make in makers])


@dataclass
class Bench:
    """One run of the measurements: what it uses, and the sites that were made so far."""

    services: Services
    is_quick: bool
    say: Callable[[str], None]
    folder: Path
    _open: ExitStack = field(repr=False)
    _sites: dict[Size, Site] = field(default_factory=dict)

    def site(self, size: Size) -> Site:
        """Return a site of some size, made the first time that it is asked for and dropped at the end of the run."""
        if size not in self._sites:
            self._sites[size] = self._open.enter_context(self.new_site(size))
        return self._sites[size]

    @contextmanager
    def new_site(self, size: Size, name: str = "site", *, has_facts: bool = True) -> Iterator[Site]:
        """Make a site of some size, for one measurement alone."""
        self.say(f"making {size}")
        with database(self.services, f"{name}_{size.products}_{size.months}") as made:
            address, environment = self.services.at(made), self.services.environment(made)
            apart(environment, _load, address, size, has_facts)
            self.services.forget_messages()
            site = Site(size, made, address, environment, self.folder, apart(environment, sign_in))
            site.look_over()
            yield site

    @contextmanager
    def hello(self) -> Iterator[Server]:
        """Serve hello."""
        with serving(HELLO, self.services.environment("none"), self.folder) as server:
            yield server


@contextmanager
def bench(services: Services, *, is_quick: bool, say: Callable[[str], None]) -> Iterator[Bench]:
    """Make room for a run of the measurements, and take everything away at its end.

    Static files are collected and compressed, as a site in production has them.
    """
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as folder, ExitStack() as opened:
        services.static = f"{folder}/static"
        collect = ["manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        run(collect, services.environment("none") | {"COLLECT": "1"})
        opened.callback(services.forget_messages)
        yield Bench(services, is_quick, say, Path(folder), opened)


# -- in processes of their own, where Django is set up ------------------------------------------------------------


def _load(address: str, size: Size, has_facts: bool) -> None:
    load(address, size, has_facts=has_facts)


def sign_in() -> Keys:
    """Make a user with every role over the whole portfolio, with a session and a token."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from portfolio.common.access import Role
    from portfolio.common.models import ApiToken, Grant, User

    user = User.objects.create_user("bench")
    Grant.objects.bulk_create(Grant(user=user, role=role) for role in Role)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    _, token = ApiToken.objects.create(user=user, name="bench")
    return Keys(session.session_key or "", token)


class ThisProcess:
    """Carries out requests here, without a server."""

    def send(self, request: Request) -> Answer:
        """Return the answer, read to its end where it is streamed; see `bench.serving.Sender`."""
        from django.test import Client

        response = Client(SERVER_NAME="localhost").generic(
            request.method,
            request.path,
            request.body,
            headers=dict(request.headers),
            content_type=request.headers.get("Content-Type", ""),
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        return checked(request, Answer(response.status_code, headers, response.getvalue()))


def count_statements(acts: list[tuple[Act, Act]]) -> list[int]:
    """Do two acts of each kind in this process, and count what libpq sends for the second."""
    from django.db import connection

    counts = []
    for first, second in acts:
        first(ThisProcess())
        connection.ensure_connection()
        with tempfile.TemporaryFile("w+") as traced:
            connection.connection.pgconn.trace(traced.fileno())
            second(ThisProcess())
            connection.connection.pgconn.untrace()
            traced.seek(0)
            counts.append(len(SENT.findall(traced.read())))
    return counts
