"""The ASGI entrance."""

import os

from django.core.asgi import get_asgi_application

from portfolio.config import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio.config.settings")

tracing.start()  # adds to the middleware, which is loaded next
application = get_asgi_application()
