"""Errors to Sentry, where SENTRY_DSN is set: what failed and where, never whose it was or what was sent."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from portfolio.config.logs import LEFT_OUT, SECRET, masked

MISSING = (
    "{name} is set, but {package} is not installed. Install it with `pip install --require-hashes -r "
    "requirements/observability.txt`, or unset {name}."
)


def start(dsn: str, *, environment: str, release: str, traces: float, **options: Any) -> None:
    """Send errors to Sentry. Raises ImproperlyConfigured where its package is missing."""
    try:
        import sentry_sdk
    except ImportError as error:
        raise ImproperlyConfigured(MISSING.format(name="SENTRY_DSN", package="sentry-sdk")) from error
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or None,
        traces_sample_rate=traces,
        data_collection={  # type: ignore[arg-type]  # its values are looser than its types
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}, "response": {"mode": "off"}},
            "http_bodies": [],
            "url_query_params": {"mode": "off"},
            "database_query_data": False,
            "queues": False,
            "stack_frame_variables": False,  # they hold amounts, names and what was typed
        },
        before_send=scrubbed,
        before_send_transaction=scrubbed,
        **options,
    )


def scrubbed(event: Any, _hint: Any = None) -> Any:
    """Return an event without addresses, bodies, cookies, headers and people; a user is left by number."""
    request = event.get("request")
    if request:
        event["request"] = {"method": request.get("method", "")}
    if user := event.get("user"):
        event["user"] = {"id": user["id"]} if "id" in user else {}
    return _without(event)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: LEFT_OUT if isinstance(name, str) and SECRET.search(name) else _without(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without(one) for one in value]
    return masked(value) if isinstance(value, str) else value
