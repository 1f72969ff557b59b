"""Logs that name the request, the user, the run and the task, and that hold no secret and nobody's name.

A user is named by number alone, a page by its route: an address may hold somebody's code, a search or a reset key.
"""

import re
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

Event = MutableMapping[str, Any]

#: The request that is being answered; what is logged meanwhile names its user, once it is known who that is.
current_request: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)

LEFT_OUT = "[left out]"
SECRET = re.compile(r"pass(word|wd)|secret|token|authori[sz]ation|cookie|session|csrf|credential|dsn|e-?mail", re.I)
PASSWORD_IN_ADDRESS = re.compile(r"(://[^\s:/@\"']*:)[^\s@/\"']+@")
MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def user_id(request: HttpRequest) -> int | None:
    """Return who is asking, if that is known by now; it is not looked up for the log's sake."""
    user = request.__dict__.get("user")
    if user is None or isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)
    return getattr(user, "pk", None)


def name_user(_logger: Any, _method: str, event: Event) -> Event:
    """Add the user of the request that is being answered."""
    request = current_request.get()
    if request is not None and (user := user_id(request)) is not None:
        event.setdefault("user", user)
    return event


def leave_out_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Replace what is named like a secret, and the address in what Django says of a request."""
    for name in event:
        if SECRET.search(name):
            event[name] = LEFT_OUT
    if event.get("logger") == "django.request":
        event["event"] = str(event["event"]).split(": ", 1)[0]
    return event


def masked(text: str) -> str:
    """Return text without passwords in addresses, and without mail addresses."""
    if "@" not in text:
        return text
    return MAIL_ADDRESS.sub(LEFT_OUT, PASSWORD_IN_ADDRESS.sub(r"\1***@", text))


def mask(_logger: Any, _method: str, line: str) -> str:
    """Mask a finished line, whatever a message or a traceback brought into it."""
    return masked(line)


STAMP: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    name_user,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(style: str, level: str) -> dict[str, Any]:
    """Return LOGGING: one line an event on standard error, as JSON or for a console."""
    as_json = style == "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": STAMP,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    leave_out_secrets,
                    *([structlog.processors.format_exc_info] if as_json else []),
                    structlog.processors.JSONRenderer(default=str)
                    if as_json
                    # A prettier traceback would show the values of variables.
                    else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
                    mask,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
    }


def configure() -> None:
    """Send what is logged by name and values the same way as everything else."""
    structlog.configure(
        processors=[*STAMP, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
