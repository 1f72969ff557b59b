"""The settings of the tests: the real module, read from an environment that this machine does not colour.

The database, the broker and the cache may be named from outside, so that the same tests run on
SQLite and on PostgreSQL with Redis. Everything else is as a fresh checkout has it.
"""

import os

_FROM_OUTSIDE = {"DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL"}
_OURS = {
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "COLLECT",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "PROMETHEUS_MULTIPROC_DIR",
    "SENTRY_DSN",
    "EMAIL_URL",
    "LANGUAGE_CODE",
}
_OURS |= {"LOG_LEVEL", "STATIC_ROOT", "TIME_ZONE"}
for _name in list(os.environ):
    if _name.startswith("TWOFOLD_") or _name in _OURS:
        del os.environ[_name]
os.environ |= {
    "SECRET_KEY": "a key for the tests alone, of no use anywhere else",
    "TWOFOLD_SECURE": "no",  # the test client speaks plain HTTP
    "LOG_LEVEL": "ERROR",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or "sqlite://:memory:",
}

from portfolio.config.settings import *  # noqa: E402, F403
from portfolio.config.settings import INSTALLED_APPS  # noqa: E402

if "portfolio.demo" not in INSTALLED_APPS:
    INSTALLED_APPS.append("portfolio.demo")  # its tests switch TWOFOLD_DEMO on where they need it

# A test has one connection, and what it does is undone with it.
DATABASES["default"].get("OPTIONS", {}).pop("pool", None)  # noqa: F405

# In memory, each process of a parallel run its own; left to itself, pytest-django makes a file of another engine's.
if DATABASES["default"]["NAME"] == ":memory:":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405

# Tasks run in the process unless a test asks for the real thing with the `worker` fixture.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

# Users are made by the hundred: argon2 is slow on purpose, and its own test names it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]  # noqa: F405

# Look a static file up when it is asked for: every test client would list all of them first.
WHITENOISE_AUTOREFRESH = True

# Clearing a Redis cache empties its whole database, so each process of a parallel run has one of its own.
if (_worker := os.environ.get("PYTEST_XDIST_WORKER", "")).startswith("gw"):
    _server, _, _number = CACHES["default"]["LOCATION"].rpartition("/")  # noqa: F405
    if _server.startswith("redis://") and _number.isdigit():
        CACHES["default"]["LOCATION"] = f"{_server}/{(int(_number) + int(_worker[2:])) % 16}"  # noqa: F405

# Where the machine is held up for a second, a page would go on without its cache, and take a query more.
if "socket_timeout" in CACHES["default"].get("OPTIONS", {}):  # noqa: F405
    CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 30, "socket_timeout": 30}  # noqa: F405
