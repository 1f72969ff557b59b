"""Live pages: whoever has a page open hears within a second that there are new standings, or that some are awaited.

A page listens to one stream of server-sent events (`/live/`) and fetches its figures anew when the run that made them
is no longer the latest. However many pages listen, a process asks the database one question a second, and asks none
while nobody listens. What is sent is the present state, never a difference: a reader that was away for a second or an
hour, or whose connection broke, gets it at once and has missed nothing.

Where a stream cannot be kept open (a WSGI server, or more readers than a process takes) the answer is the present
state alone and the time to come back, which every browser does by itself. Where even that fails the page asks
`/live/state/`.
"""

import asyncio
import contextlib
import logging
import random
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

import orjson
from asgiref.sync import SyncToAsync, sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from portfolio.common import telemetry
from portfolio.rollup.freshness import freshness_at
from portfolio.rollup.pulse import pulse, pulse_of

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two questions to the database
HEARTBEAT = 15.0  # seconds after which a silent stream says that it is there, so that no proxy closes it
LONGEST = 900.0  # seconds of one stream; the browser comes back, and is asked again who it is
MOST_READERS = 1_000  # of one process; those beyond it are told to come back
AT_THE_DOOR = 4  # readers of one process who are asked at the same time who they are
COME_BACK = 5_000  # milliseconds until a reader without a stream asks again
FETCH = 20  # milliseconds a page's figures take; as many readers come for them over as many times that

HEADERS = {
    "Cache-Control": "no-cache, no-transform",  # nothing on the way may hold it back to compress it
    "X-Accel-Buffering": "no",  # nginx would hold events back until they fill a buffer
}


@dataclass(frozen=True)
class State:
    """What open pages are told: the latest run, and how fresh the figures are in words."""

    key: tuple  #: what makes it another state; the words also tell the time, which passes by itself
    run: int
    is_settled: bool  #: nothing waits to be worked out
    line: str = field(compare=False)  #: the freshness line, as HTML

    def told(self, readers: int = 1) -> dict[str, object]:
        """Return what a page is told; of many, each waits its own part of `within` milliseconds to fetch figures."""
        return {"run": self.run, "is_settled": self.is_settled, "line": self.line, "within": (readers - 1) * FETCH}

    def event(self, readers: int = 1) -> bytes:
        """Return it as a server-sent event whose id is the run."""
        return b"id: %d\nevent: state\ndata: %b\n\n" % (self.run, orjson.dumps(self.told(readers)))


def read_state() -> State:
    """Return the present state: one query as long as nothing has changed."""
    now = freshness_at(pulse())
    line = render_to_string("components/_freshness.html", {"freshness": now})
    return State((now, now.is_late), now.run, not now.stale, line.strip())


def shown_run(request: HttpRequest, at: datetime | None = None) -> dict[str, int]:
    """Return as `shown_run` the run that a page shows the figures of, asked before them: the page follows later ones.

    Nothing for figures as known at a moment: they never change.
    """
    return {} if at is not None else {"shown_run": pulse_of(request).run}


class Hub:
    """Those of one process who listen, and the poller that asks on behalf of all of them."""

    def __init__(self, read: Callable[[], State] = read_state, *, every: float = EVERY, most: int = MOST_READERS):
        self.read = read
        self.every = every
        self.most = most
        self.readers = 0
        self.is_closing = False
        self.door = asyncio.Semaphore(AT_THE_DOOR)
        self._state: State | None = None
        self._changed = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether one more reader would be too many."""
        return self.readers >= self.most or self.is_closing

    async def listen(self, heartbeat: float = HEARTBEAT) -> AsyncIterator[State | None]:
        """Yield the present state at once and every other one that follows; None where it is quiet for a while.

        A slow reader misses what was overtaken, not what is: no queue grows for it.
        """
        self.readers += 1
        telemetry.LIVE_READERS.inc()
        try:
            if self._poller is None:
                self._poller = asyncio.create_task(self._poll())
            seen: State | None = None
            while not self.is_closing:
                changed = self._changed
                if self._state is not None and self._state != seen:
                    seen = self._state
                    yield seen
                    continue
                try:
                    async with asyncio.timeout(heartbeat):
                        await changed.wait()
                except TimeoutError:
                    yield None
        finally:
            self.readers -= 1
            telemetry.LIVE_READERS.dec()
            if not self.readers:
                self._stop()

    def close(self) -> None:
        """End every stream: the server stops."""
        self.is_closing = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _stop(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
        self._poller = self._state = None

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        # A thread of its own: it must not wait behind the requests of others, and holds one connection.
        thread = ThreadPoolExecutor(1, "live")
        try:
            while True:
                began = loop.time()
                state = await loop.run_in_executor(thread, self._ask)
                if state is not None and state != self._state:
                    self._state = state
                    self._wake()
                await asyncio.sleep(max(0.0, began + self.every - loop.time()))
        finally:
            thread.submit(connections.close_all)
            thread.shutdown(wait=False)

    def _ask(self) -> State | None:
        try:
            return self.read()
        except (DatabaseError, InterfaceError):
            # It may be restarting: who listens keeps what was last known, and hears when it is back.
            log.warning("live pages: the database did not answer", exc_info=True)
            connections.close_all()
            return None


#: One of each event loop, which is one of each process of a server.
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the event loop that runs."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
        _end_with_server(loop, _hubs[loop])
    return _hubs[loop]


def _end_with_server(loop: asyncio.AbstractEventLoop, made: Hub) -> None:
    """End the streams when the server is told to stop; it would wait for them for ever."""
    if threading.current_thread() is not threading.main_thread():
        return

    def chain(number: int, then: object) -> None:
        def handle(number: int, frame: object) -> None:
            loop.call_soon_threadsafe(made.close)
            if callable(then):
                then(number, frame)

        signal.signal(number, handle)

    for number in (signal.SIGTERM, signal.SIGINT):
        then = signal.getsignal(number)
        if callable(then):  # a server that listens; otherwise the signal ends the process without us
            chain(number, then)


@login_not_required  # it asks for itself, a few at a time
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Tell a page, for as long as it is open, which run is the latest and how fresh the figures are."""
    is_streaming = isinstance(request, ASGIRequest)
    readers = hub()
    # After a restart all open pages come back at once: each would take a connection to look its session up.
    async with readers.door:
        if not await sync_to_async(_is_signed_in)(request):
            return redirect_to_login(request.get_full_path())
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        if not is_streaming or readers.is_full:
            known = await sync_to_async(present)()
            why = f"{readers.readers} listen to this process already" if is_streaming else "no stream from this server"
            return _answer(known, why)
        await sync_to_async(_let_go)()
    _let_go_of_thread()
    return StreamingHttpResponse(_events(readers), content_type="text/event-stream", headers=HEADERS)


def _is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


async def _events(readers: Hub) -> AsyncIterator[bytes]:
    # After a restart not all come back in the same instant.
    yield b"retry: %d\n\n" % random.randint(1_000, 3_000)  # noqa: S311 - no secret
    ends = time.monotonic() + LONGEST * random.uniform(0.9, 1.1)  # noqa: S311
    async with contextlib.aclosing(readers.listen()) as states:
        async for state in states:
            yield b": still here\n\n" if state is None else state.event(readers.readers)
            if time.monotonic() > ends:
                return


def _let_go() -> None:
    """Close the connections that reading the session opened: every open page would hold one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _let_go_of_thread() -> None:
    """Give back the thread that Django's handler keeps for the synchronous parts of a request, until it ends.

    An open page needs none; should anything of its end need one, a new one is made.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor:
        executor.shutdown(wait=False)


def _answer(state: State, why: str) -> HttpResponse:
    body = b": %b\nretry: %d\n%b" % (why.encode(), COME_BACK, state.event())
    return HttpResponse(body, content_type="text/event-stream", headers=HEADERS)


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """Tell the same once, as JSON, to a page that can keep no stream open."""
    return HttpResponse(orjson.dumps(present().told()), content_type="application/json", headers=HEADERS)


_asked: dict[str, tuple[float, State]] = {}
_lock = threading.Lock()


def present() -> State:
    """Return the present state, at most a second old: many readers who poll cost one question a second too."""
    with _lock:
        at, known = _asked.get("state", (0.0, None))
        if known is None or time.monotonic() - at > EVERY:
            known = read_state()
            _asked["state"] = time.monotonic(), known
        return known
