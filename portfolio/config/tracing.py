"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT is set: requests, tasks, statements, without data."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from portfolio.config.sentry import MISSING

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
#: Attributes that may hold somebody's code, search, address or browser. The route stays.
PERSONAL = (
    "client.address",
    "client.port",
    "enduser.id",
    "http.client_ip",
    "http.target",
    "http.url",
    "http.user_agent",
    "net.peer.ip",
    "net.peer.name",
    "network.peer.address",
    "url.full",
    "url.path",
    "url.query",
    "user_agent.original",
)


def start(exporter: Any = None) -> bool:
    """Start tracing this process if that is asked for, and say whether it is.

    Called where a process begins to serve, before its middleware is loaded. Raises ImproperlyConfigured where the
    packages are missing. An exporter may be given in place of the one that the environment describes.
    """
    if not os.environ.get(ENDPOINT):
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.celery import CeleryInstrumentor
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ImproperlyConfigured(MISSING.format(name=ENDPOINT, package="opentelemetry")) from error

    provider = TracerProvider(
        resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "twofold")})
    )
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(tracer_provider=provider, request_hook=without_people)
    PsycopgInstrumentor().instrument(tracer_provider=provider)
    CeleryInstrumentor().instrument(tracer_provider=provider)
    return True


def without_people(span: Any, _request: Any) -> None:
    """Empty the attributes of a request's span that may tell whose it is."""
    if span.is_recording():
        for name in PERSONAL:
            if name in span.attributes:
                span.set_attribute(name, "")
