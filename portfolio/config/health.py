"""Whether this process can do its work: asked by probes, without signing in and over plain HTTP."""

import asyncio
import dataclasses
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
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


health = login_not_required(Health.as_view())
