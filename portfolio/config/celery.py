"""The Celery app. With no broker configured, tasks run in the process right after the commit."""

import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun, worker_init
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, reset_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.config.settings")

app = Celery("twofold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: What each running task has added to its lines; a task in the process hands the request's own back at its end.
_bound: dict[str, Any] = {}


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave the logs as the settings have them; without this, Celery would set up its own."""


@before_task_publish.connect
def name_the_request(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Send the name of the request with a task, so that a write can be followed into the worker."""
    if headers is not None and (request := get_contextvars().get("request_id")):
        headers["request_id"] = request


@task_prerun.connect
def name_the_task(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Name the task, and the request that asked for it, in every line that is logged meanwhile."""
    if not task.request.is_eager:
        clear_contextvars()
    names = {"task": task.name, "task_id": task_id}
    if request := getattr(task.request, "request_id", None):
        names["request_id"] = request
    _bound[task_id] = bind_contextvars(**names)


@task_postrun.connect
def forget_the_task(task_id: str = "", **_: Any) -> None:
    """Take the names off again."""
    reset_contextvars(**_bound.pop(task_id, {}))


@worker_init.connect
def observe_the_worker(**_: Any) -> None:
    """Trace the tasks, and show what this host's workers count, where either is asked for."""
    from portfolio.config import telemetry, tracing

    tracing.start()
    telemetry.serve_for_workers()
