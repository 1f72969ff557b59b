"""Whether this process lives, and can do its work: asked by probes, without signing in and over plain HTTP.

`/health/live/` says that the process answers: restart it if not. `/health/ready/` says that all it needs answers and
that the database has its tables: send it no requests if not. `/health/` is the latter without the tables.
"""

import asyncio
import dataclasses
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from health_check import Cache, Database, HealthCheck
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView
from kombu.exceptions import KombuError

from portfolio.config.celery import app


@dataclasses.dataclass
class Broker(HealthCheck):
    """The queue that roll-ups go through, where one is configured."""

    def run(self) -> None:
        """Connect once; the address stays out of the message, since it may hold a password."""
        try:
            with app.connection_for_read(settings.CELERY_BROKER_URL, connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
        except (KombuError, OSError) as error:
            raise ServiceUnavailable("The broker does not answer.") from error


class Health(HealthCheckView):
    """Answers 200 if everything answers, else 503; in plain words, or in JSON with `?format=json`."""

    async def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Ask everything at once. What the asker accepts is not weighed: a probe reads the status."""
        self.results = await asyncio.gather(*(check.get_result() for check in self.get_checks()))
        is_well = not any(result.error for result in self.results)
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        if request.GET.get("format") == "json":
            return self.render_to_response_json(status)
        return self.render_to_response_text(status)

    def get_checks(self) -> Iterator[HealthCheck]:
        """Yield the checks of what is configured now."""
        yield Database()
        yield Cache()
        if not settings.CELERY_TASK_ALWAYS_EAGER:
            yield Broker()


@dataclasses.dataclass
class Tables(HealthCheck):
    """The database's tables: as this version of the code needs them."""

    def run(self) -> None:
        """Compare the migrations that there are with those that were applied."""
        if not _are_tables_ready():
            raise ServiceUnavailable("Migrations wait to be applied: run `manage.py migrate`.")


_known_ready = False


def _are_tables_ready() -> bool:
    """Return whether every migration is applied; once it is, that stays so for as long as this code runs."""
    global _known_ready
    if not _known_ready:
        from django.db.migrations.executor import MigrationExecutor  # 20 ms that no start needs to wait for

        executor = MigrationExecutor(connection)
        _known_ready = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _known_ready


class Readiness(Health):
    """Answers 200 if a request could be served in full, else 503."""

    def get_checks(self) -> Iterator[HealthCheck]:
        """Yield what `/health/` asks, and the tables."""
        yield from super().get_checks()
        yield Tables()


@require_GET
@never_cache
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    """Answer that the process answers; nothing else is asked, so that a database that is down restarts nothing."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


health = login_not_required(Health.as_view())
ready = login_not_required(Readiness.as_view())
