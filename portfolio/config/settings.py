"""Every setting, parsed strictly from the environment and safe by default.

`docs/operations.md` explains each variable. A value that cannot be parsed, or a TWOFOLD_ variable
that does not exist, stops the start with a message that says so.
"""

import os
import re
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import environ
from babel.numbers import list_currencies
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.utils import get_random_secret_key
from django.core.validators import validate_email

from portfolio.config import logs

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

KNOWN_VARIABLES = {
    "TWOFOLD_DEMO",
    "TWOFOLD_SECURE",
    "TWOFOLD_TODAY",
    "TWOFOLD_BASE_CURRENCY",
    "TWOFOLD_FISCAL_YEAR_START",
    "TWOFOLD_FUNDING_CATEGORIES",
    "TWOFOLD_RAMP_UP_MONTHS",
    "TWOFOLD_TENURE_MONTHS",
    "TWOFOLD_DISCIPLINES",
    "TWOFOLD_TEAM_LIMIT",
    "TWOFOLD_RAMP_UP_WEEKS",
    "TWOFOLD_FEEDBACK_AN_HOUR",
    "TWOFOLD_FEEDBACK_A_MINUTE",
    "TWOFOLD_ORGANISATION",
    "TWOFOLD_URL",
    "TWOFOLD_LOG",
    "TWOFOLD_ALERTS",
    "TWOFOLD_METRICS_TOKEN",
    "TWOFOLD_WORKER_METRICS",
}
if unknown := sorted(name for name in os.environ if name.startswith("TWOFOLD_") and name not in KNOWN_VARIABLES):
    raise ImproperlyConfigured(
        f"Unknown setting {', '.join(unknown)}. Known ones: {', '.join(sorted(KNOWN_VARIABLES))}."
    )

# -- What Twofold itself can be told ------------------------------------------------------------------

TWOFOLD_DEMO = env.bool("TWOFOLD_DEMO", default=False)
TWOFOLD_SECURE = env.bool("TWOFOLD_SECURE", default=not TWOFOLD_DEMO)
TWOFOLD_BASE_CURRENCY = env.str("TWOFOLD_BASE_CURRENCY", default="GBP" if TWOFOLD_DEMO else "USD")
TWOFOLD_FISCAL_YEAR_START = env.int("TWOFOLD_FISCAL_YEAR_START", default=4 if TWOFOLD_DEMO else 1)
TWOFOLD_ORGANISATION = env.str("TWOFOLD_ORGANISATION", default="UK public services" if TWOFOLD_DEMO else "All products")
TWOFOLD_FUNDING_CATEGORIES = env.list("TWOFOLD_FUNDING_CATEGORIES", default=["run", "grow", "transform"])
TWOFOLD_RAMP_UP_MONTHS = env.float("TWOFOLD_RAMP_UP_MONTHS", default=3)
TWOFOLD_TENURE_MONTHS = env.float("TWOFOLD_TENURE_MONTHS", default=24)
TWOFOLD_DISCIPLINES = env.list(
    "TWOFOLD_DISCIPLINES",
    default=[
        "product-management",
        "delivery-management",
        "design-and-research",
        "engineering",
        "quality",
        "data",
        "operations",
        "business",
    ]
    if TWOFOLD_DEMO
    else ["product", "design", "engineering", "quality", "infrastructure", "data", "support", "business"],
)
TWOFOLD_TEAM_LIMIT = env.int("TWOFOLD_TEAM_LIMIT", default=9)
TWOFOLD_RAMP_UP_WEEKS = env.list("TWOFOLD_RAMP_UP_WEEKS", cast=float, default=[3.0, 8.0])
TWOFOLD_FEEDBACK_AN_HOUR = env.int("TWOFOLD_FEEDBACK_AN_HOUR", default=10)
TWOFOLD_FEEDBACK_A_MINUTE = env.int("TWOFOLD_FEEDBACK_A_MINUTE", default=60)
TWOFOLD_LOG = env.str("TWOFOLD_LOG", default="console" if TWOFOLD_DEMO else "json")

_today = env.str("TWOFOLD_TODAY", default="2017-03-31" if TWOFOLD_DEMO else "")
try:
    TWOFOLD_TODAY = date.fromisoformat(_today) if _today else None
except ValueError as error:
    raise ImproperlyConfigured(f"TWOFOLD_TODAY is {_today!r}; it must be a date like 2017-03-31.") from error
TWOFOLD_URL = env.str("TWOFOLD_URL", default="http://127.0.0.1:8000" if TWOFOLD_DEMO else "")
if TWOFOLD_URL and not re.fullmatch(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?", TWOFOLD_URL):
    raise ImproperlyConfigured(
        f"TWOFOLD_URL is {TWOFOLD_URL!r}; it must be the site's address without a path, in small letters, such as "
        "https://twofold.example.org, or empty for no links in mail."
    )
if TWOFOLD_BASE_CURRENCY not in list_currencies():
    raise ImproperlyConfigured(
        f"TWOFOLD_BASE_CURRENCY is {TWOFOLD_BASE_CURRENCY!r}; it must be an ISO 4217 code such as GBP."
    )
if not 1 <= TWOFOLD_FISCAL_YEAR_START <= 12:
    raise ImproperlyConfigured("TWOFOLD_FISCAL_YEAR_START must be a month from 1 (January) to 12 (December).")
for _category in TWOFOLD_FUNDING_CATEGORIES:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", _category) or len(_category) > 40:
        raise ImproperlyConfigured(
            f"TWOFOLD_FUNDING_CATEGORIES holds {_category!r}; it must be short names in small letters with "
            "commas between them, such as run,grow,transform."
        )
for _name in ("TWOFOLD_RAMP_UP_MONTHS", "TWOFOLD_TENURE_MONTHS"):
    if not 0 <= globals()[_name] <= 120:
        raise ImproperlyConfigured(f"{_name} is {globals()[_name]:g}; it must be a number of months from 0 to 120.")
for _discipline in TWOFOLD_DISCIPLINES:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", _discipline):
        raise ImproperlyConfigured(
            f"TWOFOLD_DISCIPLINES holds {_discipline!r}; it must be codes of disciplines with commas between them."
        )
if not 2 <= TWOFOLD_TEAM_LIMIT <= 100:
    raise ImproperlyConfigured(f"TWOFOLD_TEAM_LIMIT is {TWOFOLD_TEAM_LIMIT}; it must be from 2 to 100 people.")
if len(TWOFOLD_RAMP_UP_WEEKS) != 2 or not 0 <= TWOFOLD_RAMP_UP_WEEKS[0] <= TWOFOLD_RAMP_UP_WEEKS[1] <= 52:
    raise ImproperlyConfigured("TWOFOLD_RAMP_UP_WEEKS must be a range of weeks from 0 to 52, such as 3,8.")
if not (TWOFOLD_FEEDBACK_AN_HOUR >= 1 and TWOFOLD_FEEDBACK_A_MINUTE >= 1):
    raise ImproperlyConfigured("TWOFOLD_FEEDBACK_AN_HOUR and TWOFOLD_FEEDBACK_A_MINUTE must be 1 or more.")
TWOFOLD_ALERTS = env.list("TWOFOLD_ALERTS", default=[])
for _address in TWOFOLD_ALERTS:
    try:
        validate_email(_address)
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"TWOFOLD_ALERTS holds {_address!r}; it must be mail addresses with commas."
        ) from error
TWOFOLD_METRICS_TOKEN = env.str("TWOFOLD_METRICS_TOKEN", default="")
if 0 < len(TWOFOLD_METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("TWOFOLD_METRICS_TOKEN must be 16 or more random characters, or empty for no /metrics.")
TWOFOLD_WORKER_METRICS = env.str("TWOFOLD_WORKER_METRICS", default="")
if TWOFOLD_WORKER_METRICS and not re.fullmatch(r"[\w.:\[\]-]+:\d{2,5}", TWOFOLD_WORKER_METRICS):
    raise ImproperlyConfigured(
        f"TWOFOLD_WORKER_METRICS is {TWOFOLD_WORKER_METRICS!r}; it must be an address and port such as 127.0.0.1:9101."
    )
if TWOFOLD_LOG not in {"json", "console"}:
    raise ImproperlyConfigured("TWOFOLD_LOG must be json or console.")

# -- Safety -----------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
if TWOFOLD_DEMO:
    # A demo is thrown away; it must start with nothing set.
    SECRET_KEY = env.str("SECRET_KEY", default="") or get_random_secret_key()
else:
    SECRET_KEY = env.str("SECRET_KEY", default="")
    if not SECRET_KEY:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it to 50 or more random characters, or start the demo with `make demo`."
        )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TWOFOLD_SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = TWOFOLD_SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # probes and scrapes come over plain HTTP from inside
SECURE_HSTS_SECONDS = 31_536_000 if TWOFOLD_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TWOFOLD_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # The hashes are those of two style elements that Plotly adds: an empty one, which it fills through the
        # CSSOM, and that of the map library inside plotly.js 4.1.1; a test tells when an upgrade changes it.
        "style-src": [
            SELF,
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
            "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
        ],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# -- The application -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portfolio.common",
    "teams",
    "products.catalog",
    "products.value",
    "products.roadmaps",
    "products.health",
    "funding",
    "portfolio.network",
    "portfolio.rollup",
    "portfolio.rebalance",
    "portfolio.board",
    "portfolio.intake",
    *(["portfolio.demo"] if TWOFOLD_DEMO else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_standardized_errors",
    "health_check",
    "knox",
    "rest_framework",
    "simple_history",
]
MIDDLEWARE = [
    "portfolio.config.observing.Observed",  # outermost, so that every answer is named and timed
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "portfolio.config.urls"
WSGI_APPLICATION = "portfolio.config.wsgi.application"
ASGI_APPLICATION = "portfolio.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portfolio.common.context.twofold",
                "portfolio.rollup.context.freshness",
                "portfolio.rollup.context.violation",
            ],
            "builtins": ["portfolio.common.templatetags.twofold"],
        },
    }
]

# -- Data -----------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue from the start of their transaction instead of failing in the middle of it, and in their turn.
    DATABASES["default"]["ENGINE"] = "portfolio.common.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Under ASGI each request has a thread of its own, and would have a connection of its own: a hundred readers at
    # once are more than PostgreSQL takes. So they share some, made when they are needed, and wait for them in turn.
    DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {  # such as sslmode, from the address
        "pool": {"min_size": 0, "max_size": env.int("DATABASE_CONNECTIONS", default=20), "timeout": 15}
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://twofold")}
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    # A cache that is gone or hangs makes pages slower, not fail.
    CACHES["default"]["BACKEND"] = "portfolio.common.caching.SpareCache"
    CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = CELERY_BROKER_URL == "memory://localhost"  # no broker: tasks run in the process
CELERY_TASK_EAGER_PROPAGATES = False  # a failed roll-up leaves its marks; it must not turn a saved write into an error
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE = env.str("TIME_ZONE", default="UTC")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A write waits for its hint to be sent: a broker that takes connections and says nothing must not hold it for good.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 3}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_BEAT_SCHEDULE = {
    # Marks left by a lost message or a crash, a new month that begins, metrics that fall overdue.
    "refresh": {"task": "rollup.refresh_standings", "schedule": 60.0},
    "new-day": {"task": "rollup.begin_day", "schedule": 3600.0},
    # Metrics that passed their target, each once.
    "celebrate": {"task": "value.celebrate", "schedule": 3600.0},
    # When the fewest write: it reads everything.
    "check-figures": {"task": "rollup.check_figures", "schedule": crontab(hour=3, minute=10)},
    # Predictions whose quarters are over; each is looked at once, when its months have figures.
    "look-back": {"task": "rebalance.look_back", "schedule": crontab(hour=4, minute=10)},
    # The days that are over: what is left of error budgets, and what evidence expires.
    "error-budgets": {"task": "health.error_budgets", "schedule": crontab(hour=2, minute=40)},
    "expiring-evidence": {"task": "health.expiring_evidence", "schedule": crontab(hour=5, minute=40)},
    # What customers answered by the public forms yesterday; and by whom it was sent is forgotten.
    "score-feedback": {"task": "value.score_feedback", "schedule": crontab(hour=2, minute=10)},
    "forget-senders": {"task": "catalog.forget_senders", "schedule": crontab(minute=50)},
    # Each goes out once; the later hours are for what the mail server did not take before.
    "send-digests": {"task": "board.send_digests", "schedule": crontab(hour="6-20", minute=20)},
}

# -- Sign-in -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "common.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "demo:sign-in" if TWOFOLD_DEMO else "account_login"
LOGIN_REDIRECT_URL = "board:board"
ACCOUNT_ADAPTER = "portfolio.common.accounts.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key"}
EMAIL_TIMEOUT = 30  # seconds: a mail server that says nothing must not hold a worker for good
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="twofold@localhost")
ADMINS = [("Twofold alerts", address) for address in TWOFOLD_ALERTS]
EMAIL_SUBJECT_PREFIX = f"[{TWOFOLD_ORGANISATION}] "

# -- API -------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portfolio.common.tokens.BearerTokens",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portfolio.common.parsers.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": ["portfolio.common.filters.Filters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portfolio.common.problems.handle",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Knox's own table would stay empty beside ours, and PostgreSQL cannot empty the users' table beside one it points at.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "common.ApiToken"  # noqa: S105 - a model, no secret
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None}  # each token is given its own end
SPECTACULAR_SETTINGS = {
    "TITLE": "Twofold API",
    "DESCRIPTION": "Products, what they cost, the value they make, and what each dollar returns.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ProductKind": "products.catalog.models.Kind",
        "InsightKind": "products.catalog.models.InsightKind",
        "AbsenceKind": "teams.models.AbsenceKind",
        "FeedbackState": "products.catalog.models.FeedbackState",
        "GuardrailKind": "funding.models.GuardrailKind",
        "RoadmapItemKind": "products.roadmaps.models.ItemKind",
        "RoadmapItemState": "products.roadmaps.models.State",
        "Evidence": "products.value.models.Evidence",
        "ObjectiveKind": "products.health.models.ObjectiveKind",
        "RequirementKind": "products.health.models.RequirementKind",
        "RequirementState": "products.health.readiness.State",
        "DeliveryEventKind": "products.health.models.EventKind",
        "IdeaStatus": "products.roadmaps.models.IdeaStatus",
        "DecisionStatus": "portfolio.rebalance.models.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portfolio.common.api.describe_files",
        "portfolio.common.problems.describe_problems",
    ],
}

# -- Static files: all from wheels or ours ---------------------------------------------------------------


def _wheel(package: str, *inside: str) -> Path:
    """Return a folder inside an installed wheel, without importing the package."""
    return Path(str(find_spec(package).origin)).parent.joinpath(*inside)


STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", _wheel("plotly", "package_data")),
]
_is_collected = (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not _is_collected  # the embedded mode serves straight from the wheels
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _is_collected or env.bool("COLLECT", default=False)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# -- Language, time, logs ------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en-gb")
USE_I18N = True
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a scenario of some thousand lines is saved as one form

LOGGING = logs.configuration(TWOFOLD_LOG, env.str("LOG_LEVEL", default="WARNING" if TWOFOLD_DEMO else "INFO"))
logs.configure()

# -- Who watches, if anybody is to: imported only where it is asked for -----------------------------------------

if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    from portfolio.config import sentry

    sentry.start(
        SENTRY_DSN,
        environment=env.str("SENTRY_ENVIRONMENT", default="production"),
        release=env.str("SENTRY_RELEASE", default=""),
        traces=env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0),
    )
