"""A stream of writes and corrections over HTTP, by writers who remember what was acknowledged.

An answer that is lost says nothing: the row may be there or not, and it is there whole or not at all. So a writer
does as a careful program does, and sends the same again, until it knows. What it then knows is in the `Notebook`,
which the verdict holds against the database.
"""

import csv
import io
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any

Json = dict[str, Any]
FIRST_DAY, DAYS = date(2026, 1, 1), 180
PRODUCTS = 8


@dataclass(frozen=True)
class Answer:
    """What came back: a status, and a body, read as JSON where it is that."""

    status: int
    body: Any
    text: str
    path: str = ""
    location: str = ""


class Caller:
    """Someone who calls one server as one user; a lost connection is made anew by the next call."""

    def __init__(self, port: int, signed_in: dict[str, str], *, patience: float = 60):
        self.port, self.headers, self.patience = port, signed_in, patience
        self.connection: HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: Json | bytes | None = None, *, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """Return the answer; None where none came."""
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        given = self.headers | ({"Content-Type": "application/json"} if data else {}) | (headers or {})
        try:
            if self.connection is None:
                self.connection = HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
            self.connection.request(method, path, data, given)
            response = self.connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, HTTPException):
            self.close()
            return None
        is_json = "json" in response.headers.get("Content-Type", "")
        location = response.headers.get("Location", "")
        return Answer(response.status, json.loads(text) if is_json else None, text, path, location)

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None


@dataclass
class Notebook:
    """What must be in the database: by key, the fact that is known now (None: retracted), and how many rows led to it.

    `refusals` are answers that a user should never see, `failures` those of a server that was broken on purpose.
    """

    known: dict[str, list[str] | None] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    slowest: float = 0.0
    lost: int = 0

    def note(self, key: str, fact: list[str] | None, *, rows: int = 0) -> None:
        self.known[key] = fact
        self.rows[key] = self.rows.get(key, 0) + rows


@dataclass
class Row:
    """A row that a writer recorded and that stands: its address, key and what it said."""

    kind: str
    key: str
    pk: int
    body: Json


class Unsettled(AssertionError):
    """A writer did not come to know what became of its write."""


class Writer(threading.Thread):
    """Writes, corrects and retracts ledger entries and observations of its own until it is told to stop."""

    def __init__(
        self,
        number: int,
        *,
        port: int,
        signed_in: dict[str, str],
        seed: int,
        notebook: Notebook,
        stop: threading.Event,
        settles: float,
        pause: float,
    ):
        super().__init__(name=f"writer-{number}", daemon=True)
        self.number, self.notebook, self.stop, self.settles, self.pause = number, notebook, stop, settles, pause
        self.random = Random(seed * 1_000 + number)
        self.caller = Caller(port, signed_in)
        self.standing: list[Row] = []
        self.made = 0
        self.days = list(range(DAYS)) if number < PRODUCTS else []  # each metric is observed by one writer
        self.random.shuffle(self.days)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.wait(self.pause):
                self.write()
        except BaseException as error:
            self.error = error

    def write(self) -> None:
        """Do one thing: mostly record, often correct, now and then retract, say twice, or send a hundred at once."""
        does: Callable[[], None] = self.random.choices(
            [self.spend, self.observe, self.correct, self.retract, self.send_many], [8, 4, 8, 2, 1]
        )[0]
        does()

    def amount(self) -> str:
        return f"{self.random.randrange(1, 1_000_000) / 100:.2f}"

    def spend(self) -> None:
        row = self.entry()
        self.record("ledger-entries", entry_key(row), row)

    def entry(self) -> Json:
        self.made += 1
        starts = FIRST_DAY + timedelta(days=self.random.randrange(DAYS))
        return {
            "reference": f"w{self.number}-{self.made}",
            "product": f"p{self.random.randrange(PRODUCTS)}",
            "starts": str(starts),
            "ends": str(starts + timedelta(days=self.random.choice([1, 1, 45]))),
            "amount": self.amount(),
        }

    def observe(self) -> None:
        if not self.days:
            return self.spend()
        starts = FIRST_DAY + timedelta(days=self.days.pop())
        row = {
            "metric": f"m{self.number}",
            "starts": str(starts),
            "ends": str(starts + timedelta(days=1)),
            "value": f"{self.random.randrange(1, 10_000)}.0000",
        }
        return self.record("observations", observation_key(row), row)

    def correct(self) -> None:
        if not self.standing:
            return self.spend()
        row = self.random.choice(self.standing)
        name, value = ("amount", self.amount()) if row.kind == "ledger-entries" else ("value", "7.0000")
        body = row.body | {name: value}
        answer, was_lost = self.settle(
            "POST", f"/api/v1/{row.kind}/{row.pk}/correct/", {name: value, "reason": "It was wrong."}, {201, 409}
        )
        if answer.status == 409 and not was_lost:
            self.notebook.refusals.append(f"{row.key}: nobody else corrects it, and yet: {answer.text[:300]}")
        row.pk = answer.body["id"] if answer.status == 201 else self.find(row)
        row.body = body
        self.notebook.note(row.key, fact(row.kind, body), rows=1)
        return None

    def retract(self) -> None:
        if len(self.standing) < 5:
            return self.spend()
        row = self.standing.pop(self.random.randrange(len(self.standing)))
        address = f"/api/v1/{row.kind}/{row.pk}/retract/"
        answer, was_lost = self.settle("POST", address, {"reason": "It was never true."}, {200, 409})
        if answer.status == 409 and not was_lost:
            self.notebook.refusals.append(f"{row.key}: nobody else retracts it, and yet: {answer.text[:300]}")
        self.notebook.note(row.key, None)
        return None

    def send_many(self) -> None:
        """Send a hundred ledger entries as one batch: all of them are there, once, however often it was sent."""
        rows = [self.entry() for _ in range(100)]
        text = io.StringIO()
        table = csv.DictWriter(text, rows[0])
        table.writeheader()
        table.writerows(rows)
        headers = {"Content-Type": "text/csv", "Idempotency-Key": f"w{self.number}-{self.made}"}
        data = text.getvalue().encode()
        self.settle("POST", "/api/v1/ledger-entries/batch/", data, {200}, headers=headers)
        for row in rows:
            self.notebook.note(entry_key(row), fact("ledger-entries", row), rows=1)

    def record(self, kind: str, key: str, body: Json) -> None:
        answer, was_lost = self.settle("POST", f"/api/v1/{kind}/", body, {201, 400})
        row = Row(kind, key, 0, body)
        if answer.status == 400 and not was_lost:
            self.notebook.refusals.append(f"{key}: {answer.text[:300]}")
            return
        row.pk = answer.body["id"] if answer.status == 201 else self.find(row)
        self.standing.append(row)
        self.notebook.note(key, fact(kind, body), rows=1)
        if self.random.random() < 0.1:  # a client that did not notice that it was answered
            again, _ = self.settle("POST", f"/api/v1/{kind}/", body, {201, 400})
            if again.status == 201:
                self.notebook.refusals.append(f"{key} was recorded twice.")

    def find(self, row: Row) -> int:
        """Return the key of the known row with the natural key of `row`, of which the answer was lost."""
        query = (
            f"search={row.body['reference']}"
            if row.kind == "ledger-entries"
            else f"metric={row.body['metric']}&from={row.body['starts']}&to={row.body['starts']}"
        )
        answer, _ = self.settle("GET", f"/api/v1/{row.kind}/?{query}", None, {200})
        found = [one for one in answer.body["results"] if one.get("reference") == row.body.get("reference")]
        if len(found) != 1:
            raise AssertionError(f"{row.key} is there {len(found)} times: {answer.text[:500]}")
        return found[0]["id"]

    def settle(
        self,
        method: str,
        path: str,
        body: Json | bytes | None,
        wanted: set[int],
        *,
        headers: dict[str, str] | None = None,
    ) -> tuple[Answer, bool]:
        """Send until an answer comes that tells what became of it; return it, and whether one was lost before."""
        was_lost = False
        given_up = time.monotonic() + self.settles
        while True:
            begun = time.monotonic()
            answer = self.caller.call(method, path, body, headers=headers)
            self.notebook.slowest = max(self.notebook.slowest, time.monotonic() - begun)
            if answer and answer.status in wanted:
                return answer, was_lost
            if answer and answer.status < 500:
                before = f", after answers were lost: {self.notebook.failures[-3:]}" if was_lost else ""
                raise AssertionError(f"{method} {path}: {answer.status} {answer.text[:500]}{before}")
            if answer:
                self.notebook.failures.append(f"{method} {path}: {answer.status} {answer.text[:300]}")
            was_lost = True
            self.notebook.lost += 1
            if time.monotonic() > given_up:
                raise Unsettled(f"{method} {path} had no answer that counts for {self.settles:.0f} s.")
            time.sleep(0.1)  # a careful program does not hammer a server that is down


def entry_key(row: Json) -> str:
    """Return the natural key of a ledger entry."""
    return f"ledger-entries {row['reference']}"


def observation_key(row: Json) -> str:
    """Return the natural key of an observation."""
    return f"observations {row['metric']} {row['starts']}"


def fact(kind: str, row: Json) -> list[str]:
    """Return what a row says beside its key, as text; `verdict.py` says the same of what is stored."""
    names = ("product", "starts", "ends", "amount") if kind == "ledger-entries" else ("ends", "value")
    return [str(row[name]) for name in names]


def entries_file(name: str, rows: int, random: Random) -> bytes:
    """Return a CSV file of ledger entries, `w<name>-<number>`, as the import takes it."""
    lines = ["reference,product,starts,ends,amount,currency"]
    for number in range(rows):
        starts = FIRST_DAY + timedelta(days=random.randrange(DAYS))
        ends = starts + timedelta(days=random.choice([1, 30]))
        amount = random.randrange(1, 100_000) / 100
        lines.append(f"w{name}-{number},p{number % PRODUCTS},{starts},{ends},{amount:.2f},USD")
    return ("\n".join(lines) + "\n").encode()


def note_file(notebook: Notebook, data: bytes) -> None:
    """Note that all rows of a file were acknowledged."""
    for row in csv.DictReader(io.StringIO(data.decode())):
        notebook.note(entry_key(row), fact("ledger-entries", row), rows=1)


CSRF = "c" * 32


class Browser(Caller):
    """Somebody at the pages: follows where they send, and passes for one of our own forms."""

    def __init__(self, port: int, signed_in: dict[str, str], **options: Any):
        super().__init__(port, {"Cookie": f"{signed_in['Cookie']}; csrftoken={CSRF}", "X-CSRFToken": CSRF}, **options)

    def upload(self, kind: str, data: bytes, name: str = "file.csv") -> Answer | None:
        """Upload a file; return the preview, or what refuses it."""
        parts = [
            f'--limit\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'.encode(),
            f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode(),
            b"Content-Type: text/csv\r\n\r\n" + data + b"\r\n--limit--\r\n",
        ]
        headers = {"Content-Type": "multipart/form-data; boundary=limit"}
        answer = self.call("POST", "/import/", b"".join(parts), headers=headers)
        return self.call("GET", answer.location) if answer and answer.status == 302 else answer

    def load(self, preview: Answer) -> Answer | None:
        """Confirm what a preview shows; it is loaded where the answer leads back to the import's page."""
        found = re.search(r'name="shown" value="([^"]+)"', preview.text)
        if preview.status != 200 or not found:
            return preview
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", preview.path, f"shown={found[1]}".encode(), headers=headers)


class Stream:
    """Several writers at once: started, stopped, and every write of theirs known for certain."""

    def __init__(
        self,
        port: int,
        signed_in: dict[str, str],
        *,
        writers: int = 4,
        seed: int = 0,
        settles: float = 90,
        pause: float = 0,
    ):
        self.notebook = Notebook()
        self.stopping = threading.Event()
        self.writers = [
            Writer(
                number,
                port=port,
                signed_in=signed_in,
                seed=seed,
                notebook=self.notebook,
                stop=self.stopping,
                settles=settles,
                pause=pause,
            )
            for number in range(writers)
        ]

    def __enter__(self) -> "Stream":
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    @property
    def count(self) -> int:
        """How many writes were acknowledged so far."""
        return sum(self.notebook.rows.copy().values())

    def check(self) -> None:
        """Fail where a writer has."""
        for writer in self.writers:
            if writer.error:
                raise AssertionError(f"{writer.name}: {writer.error}") from writer.error

    def finish(self) -> Notebook:
        """Stop writing, and wait until every writer knows what became of its last write."""
        self.stopping.set()
        for writer in self.writers:
            writer.join(writer.settles + 60)
            writer.caller.close()
        self.check()
        assert not any(writer.is_alive() for writer in self.writers), "A writer hangs."
        return self.notebook
