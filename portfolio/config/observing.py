"""What every request is told apart by, and how long it took: the outermost middleware."""

import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

from portfolio.common import telemetry
from portfolio.config.logs import current_request

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
#: What we take over from a proxy: nothing that could forge a line of a log, or fill it.
VALID = re.compile(r"[A-Za-z0-9._-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Asked every few seconds by machines: counted, but not worth a line each.
QUIET = frozenset({"health", "health-live", "health-ready", "telemetry"})


class Observed:
    """Names each request, logs one line about it, and counts its seconds by view.

    The name is the proxy's X-Request-ID where that is valid, else a new one; the answer carries it, and so do the
    lines that are logged meanwhile and the tasks that are sent.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest):
        if self.is_async:
            return self._later(request)
        begun = self._begin(request)
        try:
            return self._end(request, self.get_response(request), begun)  # type: ignore[arg-type]
        finally:
            self._forget()

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        begun = self._begin(request)
        try:
            return self._end(request, await self.get_response(request), begun)  # type: ignore[misc]
        finally:
            self._forget()

    @staticmethod
    def _begin(request: HttpRequest) -> float:
        given = request.headers.get(HEADER, "")
        request.id = given if VALID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        current_request.set(request)
        return time.perf_counter()

    @staticmethod
    def _end(request: HttpRequest, response: HttpResponseBase, begun: float) -> HttpResponseBase:
        seconds = time.perf_counter() - begun
        match = request.resolver_match
        view = match.view_name if match else ""
        method = request.method if request.method in METHODS else "other"
        telemetry.PAGE_SECONDS.labels(view or "none", method, f"{response.status_code // 100}xx").observe(seconds)
        level = logging.DEBUG if view in QUIET else logging.WARNING if response.status_code >= 500 else logging.INFO
        log.log(
            level,
            "request",
            method=method,
            view=view or None,
            route=f"/{match.route}" if match else None,
            status=response.status_code,
            seconds=round(seconds, 4),
        )
        response.headers[HEADER] = request.id  # type: ignore[attr-defined]
        return response

    @staticmethod
    def _forget() -> None:
        clear_contextvars()
        current_request.set(None)
